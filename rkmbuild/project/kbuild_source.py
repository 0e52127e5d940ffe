"""Modules without a Cargo.toml: one file in Rust, or a folder that kbuild understands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import ProjectError
from rkmbuild.kernel.names import module_name
from rkmbuild.project import naming

MAKEFILES = ("Kbuild", "Makefile")
"""What kbuild reads in a folder, the first before the second (scripts/Kbuild.include, 6.1 to
7.3)."""

# `obj-m := x.o`, `obj-$(CONFIG_X) += x.o`
_MODULES = re.compile(r"^\s*obj-\S+\s*[:+?]?=", re.MULTILINE)
# What a make of the user's own leaves beside the source, and what is no source of a module.
_LEFT_BY_MAKE = (".ko", ".o", ".mod", ".mod.c", ".cmd", ".a", ".symvers", ".order")


@dataclass(frozen=True, kw_only=True)
class KbuildSource:
    """Source that the kernel's own rules build.

    Attributes:
        folder: Where it lies; nothing but `target/` is written there.
        file: The one file, or None where the folder has a Kbuild or Makefile.
    """

    folder: Path
    file: Path | None

    @property
    def target(self) -> Path:
        """The only folder beside it that we write to, the same as a project's."""
        return self.folder / "target" / "rkmbuild"

    @property
    def shown(self) -> str:
        """What it is called to the user."""
        return self.file.name if self.file else self.folder.name

    @property
    def module(self) -> str:
        """The name of the one file's module: the file's, with underscores for dashes."""
        return module_name(self.file.stem) if self.file else ""

    def place(self, release: str) -> Path:
        """Return the folder for the modules that are built for one kernel."""
        return self.target / release

    def work(self, release: str) -> Path:
        """Return the folder that kbuild works in."""
        return self.place(release) / (f"file/{self.module}" if self.file else "folder")

    def files(self) -> Iterator[Path]:
        """Give the files of the source, and its folders: what is new there changes a folder."""
        if self.file:
            yield self.file
        else:
            yield from _below(self.folder)

    def has_rust(self) -> bool:
        """Tell whether there is a file in Rust."""
        return any(file.suffix == ".rs" for file in self.files())


def find(path: Path) -> KbuildSource | None:
    """Return what kbuild can build at `path`; None where a project has to be looked for.

    Args:
        path: A file in Rust, a folder, or its Kbuild or Makefile.

    Raises:
        ProjectError: it is a file in Rust that is not there, that is a part of a project, or whose
            name no module can have.
    """
    if path.suffix == ".rs":
        return _of_file(path.absolute())
    folder = (path.parent if path.name in MAKEFILES else path).absolute()
    # Where both are, the project wins: `beside` tells of it.
    if (folder / "Cargo.toml").exists() or not beside(folder):
        return None
    return KbuildSource(folder=folder, file=None)


def beside(folder: Path) -> Path | None:
    """Return the file of a folder that names modules to kbuild, or None."""
    for name in MAKEFILES:
        file = folder / name
        if file.is_file():
            return file if _MODULES.search(file.read_text(errors="replace")) else None
    return None


def _of_file(file: Path) -> KbuildSource:
    if not file.is_file():
        raise ProjectError(f"there is no file {file}")
    for folder in file.parents:
        if (folder / "Cargo.toml").is_file() and file.is_relative_to(folder / "src"):
            raise ProjectError(
                f"{file} is a part of the project in {folder}",
                hint=f"build the project: rkmbuild build {folder}",
            )
    unfit = naming.unfit(file.stem)
    if unfit:
        raise ProjectError(f"no module can be called `{file.stem}`, as {file} would be: {unfit}")
    return KbuildSource(folder=file.parent, file=file)


def _below(folder: Path) -> Iterator[Path]:
    yield folder
    try:
        entries = sorted(folder.iterdir())
    except PermissionError:  # kbuild cannot enter it either
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "target":
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _below(entry)
        elif not entry.name.endswith(_LEFT_BY_MAKE):
            yield entry
