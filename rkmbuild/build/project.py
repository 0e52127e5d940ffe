"""A module project: an ordinary crate whose Cargo.toml may say what a module needs besides."""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild import naming
from rkmbuild.errors import ProjectError

# What `[package.metadata.rkmbuild]` may hold. docs/metadata.md explains each.
KEYS = ("headers", "c-sources", "allow-fpu")


class Metadata(NamedTuple):
    """What `[package.metadata.rkmbuild]` says.

    Attributes:
        headers: Headers to bind beside those of the `kernel` crate, as `#include` would name them
            (`linux/pci.h`), or files of the project, relative to its root (`src/shim.h`).
        c_sources: The project's C files, relative to its root.
        allow_fpu: Functions that may use vector and floating-point registers, by their paths.
    """

    headers: tuple[str, ...] = ()
    c_sources: tuple[Path, ...] = ()
    allow_fpu: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Project:
    """A crate that becomes a kernel module.

    Attributes:
        root: The folder of its Cargo.toml.
        workspace: The folder of its workspace's Cargo.toml; the same where it has none.
        package: Its name for cargo.
        library: The name of its library, which names the archive: `lib<library>.a`.
        source: The first file of its library.
        module: Its name for the kernel: the package's, with underscores for dashes.
        metadata: What it says to us.
    """

    root: Path
    workspace: Path
    package: str
    library: str
    source: Path
    module: str
    metadata: Metadata

    @property
    def target(self) -> Path:
        """The only folder of the project that we write to."""
        return self.workspace / "target" / "rkmbuild"

    def folder(self, release: str, *, tests: bool = False) -> Path:
        """Return the folder for all that is built for one kernel; one apart if `tests` are in."""
        return self.target / release / "tests" if tests else self.target / release


def load(path: Path) -> Project:
    """Read the project at `path`, a folder or its Cargo.toml.

    Raises:
        ProjectError: there is none, or its Cargo.toml says something we cannot follow.
    """
    root = (path.parent if path.name == "Cargo.toml" else path).absolute()
    manifest = root / "Cargo.toml"
    document = _read(manifest)
    if "package" not in document:
        members = ", ".join(map(str, _table(document, "workspace", manifest).get("members", [])))
        raise ProjectError(
            f"{manifest} is a workspace, not a package",
            hint=f"name the folder of one of its members: {members}" if members else None,
        )
    package = _table(document, "package", manifest)
    name = package.get("name")
    if not isinstance(name, str) or not name:
        raise ProjectError(f"{manifest}: [package] has no name")
    unfit = naming.unfit(name)
    if unfit:
        raise ProjectError(f"{manifest}: no module can be called `{name}`: {unfit}")
    library = _table(document, "lib", manifest)
    crate_types = library.get("crate-type", library.get("crate_type", []))
    if "staticlib" not in crate_types:
        raise ProjectError(
            f"{manifest}: the library is not built as a static library, so it cannot be linked "
            "into a module",
            hint='add to Cargo.toml:\n[lib]\ncrate-type = ["staticlib"]',
        )
    module = naming.module_name(name)
    return Project(
        root=root,
        workspace=_workspace(root, package, document),
        package=name,
        library=library.get("name", module),
        source=root / str(library.get("path", "src/lib.rs")),
        module=module,
        metadata=_metadata(package, root, manifest),
    )


def _read(manifest: Path) -> dict[str, Any]:
    try:
        with manifest.open("rb") as file:
            return tomllib.load(file)
    except FileNotFoundError:
        raise ProjectError(
            f"{manifest.parent} is no module project: it has no Cargo.toml",
            hint="`rkmbuild new NAME` makes one",
        ) from None
    except OSError as error:
        raise ProjectError(f"cannot read {manifest}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{manifest}: {error}") from None


def _table(document: Mapping[str, Any], name: str, manifest: Path) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ProjectError(f"{manifest}: `{name}` must be a table")
    return table


def _workspace(root: Path, package: Mapping[str, Any], document: Mapping[str, Any]) -> Path:
    """Find the workspace as cargo does: said by the package, else the nearest one above."""
    if "workspace" in document:
        return root
    said = package.get("workspace")
    if isinstance(said, str):
        return (root / said).resolve()
    for above in root.parents:
        manifest = above / "Cargo.toml"
        if manifest.is_file():
            workspace = _read(manifest).get("workspace")
            if workspace is not None and _is_member(root, above, workspace):
                return above
    return root


def _is_member(root: Path, above: Path, workspace: Mapping[str, Any]) -> bool:
    relative = root.relative_to(above)
    if any(relative.is_relative_to(left_out) for left_out in workspace.get("exclude", [])):
        return False
    return any(_matches(relative, pattern) for pattern in workspace.get("members", []))


def _matches(relative: Path, pattern: str) -> bool:
    wanted = Path(pattern).parts
    return len(wanted) == len(relative.parts) and all(map(fnmatch, relative.parts, wanted))


def _metadata(package: Mapping[str, Any], root: Path, manifest: Path) -> Metadata:
    table = _table(package.get("metadata", {}), "rkmbuild", manifest)
    place = f"{manifest}: [package.metadata.rkmbuild]"
    for key in table:
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"known keys: {', '.join(KEYS)}"
            raise ProjectError(f"{place} has an unknown key `{key}`", hint=hint)
        value = table[key]
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ProjectError(f"{place}: `{key}` must be a list of strings")
    sources = []
    for item in table.get("c-sources", []):
        source = Path(item)
        if source.is_absolute() or ".." in source.parts or source.suffix != ".c":
            raise ProjectError(f"{place}: `{item}` must be a .c file inside the project")
        if not (root / source).is_file():
            raise ProjectError(f"{place}: there is no file {root / source}")
        sources.append(source)
    stems = [source.stem for source in sources]
    for stem in {stem for stem in stems if stems.count(stem) > 1}:
        raise ProjectError(f"{place}: two C files would both become {stem}.o")
    return Metadata(
        headers=tuple(table.get("headers", [])),
        c_sources=tuple(sources),
        allow_fpu=tuple(table.get("allow-fpu", [])),
    )
