"""A module project: an ordinary crate whose Cargo.toml may say what a module needs besides."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base.errors import ProjectError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.kernel.names import module_name
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.project import manifest as manifests
from rkmbuild.project import naming
from rkmbuild.project import workspace as workspaces

# What `[package.metadata.rkmbuild]` may hold. docs/metadata.md explains each.
KEYS = ("api", "headers", "c-sources", "generate-header", "depends", "allow-fpu", "panic")
# What `api` may be; rkmbuild/pipeline/api has each. The first is meant where nothing is said.
APIS = ("portable", "upstream")
# Documentation/process/changes.rst: up to 6.10 a release is for one rustc, from 6.11 on for 1.78
# and later (scripts/min-tool-version.sh; 6.1 says 1.62.0).
OLDEST_UPSTREAM = KernelVersion(6, 11)
"""The oldest kernel whose own crate can be built on."""
# What `panic` may be: how much a panic says. The first is meant where nothing is said.
PANICS = ("full", "short")

_PLAIN_HEADER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.h")
_EXAMPLE = "driver_rust.h"


class Metadata(NamedTuple):
    """What `[package.metadata.rkmbuild]` says.

    Attributes:
        api: What the source is written on: one of APIS.
        headers: Headers to bind beside those of the `kernel` crate, as `#include` would name them
            (`linux/pci.h`), or files of the project, relative to its root (`src/shim.h`).
        c_sources: The project's C files, relative to its root.
        generate_header: The name of the header that says to C what it can call of the Rust code;
            empty where none is wanted.
        depends: Packages of the workspace, modules as well, whose exported symbols it uses.
        allow_fpu: Functions that may use vector and floating-point registers, by their paths.
        panic: How much a panic says, one of PANICS: its place and message, or its place alone.
    """

    api: str = APIS[0]
    headers: tuple[str, ...] = ()
    c_sources: tuple[Path, ...] = ()
    generate_header: str = ""
    depends: tuple[str, ...] = ()
    allow_fpu: tuple[str, ...] = ()
    panic: str = PANICS[0]


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
        features: The names of its features.
        metadata: What it says to us.
        bound: The headers that are bound for it: its own, and those of the other modules in its
            workspace, files by their paths.
    """

    root: Path
    workspace: Path
    package: str
    library: str
    source: Path
    module: str
    features: tuple[str, ...]
    metadata: Metadata
    bound: tuple[str, ...]

    @property
    def target(self) -> Path:
        """The only folder of the project that we write to."""
        return self.workspace / "target" / "rkmbuild"

    def folder(self, release: str, *, tests: bool = False) -> Path:
        """Return the folder for all that is built for one kernel; one apart if `tests` are in."""
        return self.target / release / "tests" if tests else self.target / release

    def work(self, release: str, profile: str, *, tests: bool = False) -> Path:
        """Return the folder that kbuild works in, which no two modules may share."""
        folder = self.folder(release, tests=tests) / profile
        return folder if self.workspace == self.root else folder / self.module

    def packages(self) -> tuple[Path, ...]:
        """Return the folders of all packages that lie beside it: its workspace's, and by path."""
        found: dict[Path, object] = {}
        for folder, document in workspaces.members(self.workspace).items():
            found |= workspaces.local_packages(folder, document)
        if self.root not in found:  # a package says itself which workspace it is in
            found |= workspaces.local_packages(self.root, manifests.read(self.root / "Cargo.toml"))
        return tuple(sorted(found))


def load(path: Path) -> Project:
    """Read the project at `path`, a folder or its Cargo.toml.

    Raises:
        ProjectError: there is none, or its Cargo.toml says something we cannot follow.
    """
    root = (path.parent if path.name == "Cargo.toml" else path).absolute()
    manifest = root / "Cargo.toml"
    document = manifests.read(manifest)
    if "package" not in document:
        table = manifests.table(document, "workspace", manifest)
        members = ", ".join(manifests.strings(table, "members", manifest))
        raise ProjectError(
            f"{manifest} is a workspace, not a package",
            hint=f"name the folder of one of its members: {members}" if members else None,
        )
    package = manifests.table(document, "package", manifest)
    name = package.get("name")
    if not isinstance(name, str) or not name:
        raise ProjectError(f"{manifest}: [package] has no name")
    unfit = naming.unfit(name)
    if unfit:
        raise ProjectError(f"{manifest}: no module can be called `{name}`: {unfit}")
    library = manifests.table(document, "lib", manifest)
    if not manifests.is_module(document):
        raise ProjectError(
            f"{manifest}: the library is not built as a static library, so it cannot be linked "
            "into a module",
            hint='add to Cargo.toml:\n[lib]\ncrate-type = ["staticlib"]',
        )
    module = module_name(name)
    workspace = workspaces.of(root, document)
    metadata = _metadata(package, root, manifest)
    return Project(
        root=root,
        workspace=workspace,
        package=name,
        library=str(library.get("name", module)),
        source=root / str(library.get("path", "src/lib.rs")),
        module=module,
        features=tuple(manifests.table(document, "features", manifest)),
        metadata=metadata,
        bound=_bound(root, workspace, metadata),
    )


def _bound(root: Path, workspace: Path, own: Metadata) -> tuple[str, ...]:
    """Return what modules of one workspace have bound, all together.

    So they share the bindings, the `kernel` crate, and what cargo makes of crates that they share:
    it all depends on the flags, which name these.
    """
    found = {_header(root, header) for header in own.headers}
    if workspace != root:
        for folder, document in workspaces.members(workspace).items():
            if folder != root and manifests.is_module(document):
                manifest = folder / "Cargo.toml"
                package = manifests.table(document, "package", manifest)
                said = _metadata(package, folder, manifest)
                found |= {_header(folder, header) for header in said.headers}
    return tuple(sorted(found))


def _header(root: Path, header: str) -> str:
    # Without `..`, so that modules which share a header agree on its name.
    file = os.path.normpath(root / header)
    return file if Path(file).is_file() else header


def _metadata(package: Mapping[str, Any], root: Path, manifest: Path) -> Metadata:
    table = manifests.table(package.get("metadata", {}), "rkmbuild", manifest)
    place = f"{manifest}: [package.metadata.rkmbuild]"
    for key in table:
        if key not in KEYS:
            hint = did_you_mean(key, KEYS, listed_as="known keys")
            raise ProjectError(f"{place} has an unknown key `{key}`", hint=hint)
        value = table[key]
        if key == "api":
            _check_api(value, place)
            continue
        if key == "panic":
            _check_panic(value, place)
            continue
        if key == "generate-header":
            if not isinstance(value, str) or not _PLAIN_HEADER.fullmatch(value):
                raise ProjectError(f"{place}: `{key}` must be a plain name such as `{_EXAMPLE}`")
            continue
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
        api=table.get("api", APIS[0]),
        headers=tuple(table.get("headers", [])),
        c_sources=tuple(sources),
        generate_header=table.get("generate-header", ""),
        depends=tuple(table.get("depends", [])),
        allow_fpu=tuple(table.get("allow-fpu", [])),
        panic=table.get("panic", PANICS[0]),
    )


def _check_api(value: object, place: str) -> None:
    known = ", ".join(f"`{api}`" for api in APIS)
    if not isinstance(value, str):
        raise ProjectError(f"{place}: `api` must be a string, one of: {known}")
    if value not in APIS:
        raise ProjectError(
            f"{place}: there is no API `{value}`; known: {known}",
            hint=did_you_mean(value, APIS) or None,
        )


def _check_panic(value: object, place: str) -> None:
    if not isinstance(value, str) or value not in PANICS:
        known = " or ".join(f'"{each}"' for each in PANICS)
        hint = did_you_mean(value, PANICS) if isinstance(value, str) else ""
        raise ProjectError(f"{place}: `panic` must be {known}", hint=hint or None)
