"""Which module `load` is asked for: a file, or a project's, built for the running kernel."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.base.errors import ProjectError
from rkmbuild.ko import modinfo

if TYPE_CHECKING:
    from rkmbuild.project.project import Project


def module_file(target: Path, package: str | None = None, *, build: bool = False) -> Path:
    """Return the file of a module.

    Args:
        target: The file itself, or the folder of a project or a workspace.
        package: Which of the workspace's.
        build: Build the project first, if anything changed.

    Raises:
        ProjectError: there is no such project, or it has not been built for the running kernel.
        BuildError, and others of a build: it cannot be built.
    """
    if _is_file(target):
        return target
    release = os.uname().release
    found = _project(target, package)
    if build:
        from rkmbuild.pipeline import pipeline  # noqa: PLC0415 - all that builds, for few loads

        return pipeline.build(pipeline.BuildRequest(path=found.root, kernel=release)).module
    ko = found.target / release / f"{found.module}.ko"
    if not ko.exists():
        raise ProjectError(
            f"{found.package} has not been built for the running kernel, {release}",
            hint="`rkmbuild load --build` builds it first",
        )
    return ko


def module_name(target: Path, package: str | None = None) -> str:
    """Return the name of a module that is given as `module_file` takes it; else the word itself.

    Raises:
        NotAModuleError, ProjectError: it is a file or a project, but cannot be read.
    """
    if target.is_file():
        return modinfo.read(target).name
    if (target / "Cargo.toml").is_file() or not target.name:
        return _project(target, package).module
    return target.name


def _project(folder: Path, package: str | None) -> "Project":
    from rkmbuild.project import selection  # noqa: PLC0415 - a file is loaded without any of it

    return selection.select_one(folder, package)


def _is_file(target: Path) -> bool:
    return ".ko" in target.suffixes or (not target.is_dir() and target.name != "Cargo.toml")
