"""Scaffolding: a new module project from a template, whole or not at all."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import process, search_path
from rkmbuild.base.errors import KernelError, ProjectError, StorageError, ToolchainError, UsageError
from rkmbuild.kernel.names import module_name
from rkmbuild.kernel.tree import KernelTree, KernelVersion
from rkmbuild.project import licensing, manifest, naming, templates
from rkmbuild.project.project import APIS
from rkmbuild.project.workspace import above, is_member

# Newer than what any template has to ask for.
_NEWEST = (99, 0)


class Vcs(StrEnum):
    """What keeps a new project's history."""

    GIT = "git"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class NewRequest:
    """What project to make.

    Attributes:
        path: Where; nothing may be there yet.
        name: The package's name; the last part of `path` where None.
        template: A name that `skeleton.templates` lists.
        api: What its source is written on, as `api` in Cargo.toml has it.
        kernel: The kernel whose crate that is, on the upstream API; the newest one where None.
        license: In the kernel's words or as an SPDX expression.
        description: One line for modinfo and Cargo.toml.
        author: `Name <address>`; git's where None, nobody where empty.
        vcs: Whether to start a repository; where None, unless the place is in one already.
    """

    path: Path
    name: str | None = None
    template: str = "hello"
    api: str = APIS[0]
    kernel: KernelVersion | None = None
    license: str = "GPL"
    description: str | None = None
    author: str | None = None
    vcs: Vcs | None = None


class Created(NamedTuple):
    """A project that was made, and what to know about its name."""

    root: Path
    package: str
    module: str
    warnings: tuple[str, ...]


def create(request: NewRequest) -> Created:
    """Make a project.

    Raises:
        UsageError: the name, template, API or license cannot be used, or something is there
            already.
        StorageError: the place cannot be written.
    """
    root = request.path.absolute()
    if root.exists() or root.is_symlink():
        raise UsageError(
            f"{root} already exists, and nothing is overwritten",
            hint=f"choose another folder; --name {root.name} gives the package this name there",
        )
    package = request.name or root.name
    warnings = naming.check(package, _kernels())
    template = templates.find(request.template, request.api, request.kernel)
    values = _values(request, package, root)
    base, missing = _split(root)
    try:
        with _beside(base) as scratch:
            project = scratch.joinpath(*missing)
            project.mkdir(parents=True)
            templates.render(template, project, values, request.api)
            if values["member"] and manifest.table(
                manifest.read(project / "Cargo.toml"), "workspace", project / "Cargo.toml"
            ):
                raise UsageError(
                    f"{root} is in a workspace, and cargo cannot have one inside another",
                    hint="create it elsewhere, or use another template",
                )
            if _wants_git(request.vcs, root, base):
                _start_repository(project)
            (scratch / missing[0]).rename(base / missing[0])
    except OSError as error:
        raise StorageError(f"cannot write {error.filename or root}: {error.strerror}") from None
    return Created(root, package, module_name(package), tuple(warnings))


def _kernels() -> list[KernelTree]:
    from rkmbuild.kernel.find import find_kernels  # noqa: PLC0415 - not needed to list templates

    try:
        return find_kernels()
    except KernelError:
        return []  # the name is then checked without them: `build` is where a kernel is needed


def _values(request: NewRequest, package: str, root: Path) -> dict[str, object]:
    license_ = licensing.parse(request.license)
    author = _git_author(_split(root)[0]) if request.author is None else request.author
    description = request.description or "A Linux kernel module written in Rust"
    for what, text in (("description", description), ("author", author)):
        if not text.isprintable():
            raise UsageError(f"the {what} must be one line of printable characters")
    workspace = _workspace(root)
    member = workspace is not None and is_member(root, *workspace)
    return {
        "package": package,
        "module": module_name(package),
        "type": naming.type_name(package),
        "license": license_.module,
        "spdx": license_.spdx,
        "description": description,
        "author": author,
        "api": request.api,
        # Major and minor; what a template has for older kernels alone asks for it.
        "linux": (request.kernel.major, request.kernel.minor) if request.kernel else _NEWEST,
        # cargo takes profiles from a workspace's root only, and refuses a package inside a
        # workspace that is no member of it.
        "member": member,
        "stranger": workspace is not None and not member,
    }


def _git_author(folder: Path) -> str:
    try:
        name, address = (
            process.run(
                ["git", "config", "--get", key],
                doing="asking git who you are",
                cwd=folder,
                success=(0, 1, 128),  # not set, or a configuration that git cannot read
            ).stdout.strip()
            for key in ("user.name", "user.email")
        )
    except ToolchainError:
        return ""
    return f"{name} <{address}>" if name and address else name


def _split(root: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the nearest folder above `root` that exists, and the parts below it."""
    base = next(parent for parent in root.parents if parent.exists())
    return base, root.relative_to(base).parts


@contextlib.contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """Give a scratch folder on the file system of `folder`; what is left in it is removed."""
    scratch = Path(tempfile.mkdtemp(prefix=".rkmbuild-new-", dir=folder))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _wants_git(vcs: Vcs | None, root: Path, base: Path) -> bool:
    if vcs is not None:
        return vcs is Vcs.GIT
    if not search_path.named("git"):
        return False
    if not any((parent / ".git").exists() for parent in root.parents):
        return True
    # As cargo does: what the repository ignores is not its own.
    ignored = ["git", "check-ignore", "--quiet", str(root)]
    done = process.run(ignored, doing="asking git", cwd=base, success=(0, 1, 128))
    return done.returncode == 0


def _start_repository(project: Path) -> None:
    process.run(
        ["git", "init", "--quiet", project],
        doing="starting a repository",
        hint="--vcs none makes the project without one",
    )


def _workspace(root: Path) -> tuple[Path, dict[str, Any]] | None:
    """Return the cargo workspace above `root` and its table, or None."""
    with contextlib.suppress(ProjectError):
        return next(above(root), None)
    return None
