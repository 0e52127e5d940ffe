"""Removes what builds of a project have left in its folder."""

import os
from pathlib import Path

from rkmbuild.base import cache, cache_cleaning, locks
from rkmbuild.project import kbuild_source, selection


def remove_results(path: Path) -> int:
    """Remove what builds of the project at `path` left in its target folder.

    What was built without a project, by files or by a Kbuild, has one of the same name.

    Returns:
        How many bytes of disk that frees.

    Raises:
        ProjectError: there is no module project.
        StorageError: something cannot be removed.
    """
    target = _target(path)
    if not target.is_dir():
        return 0
    with cache_cleaning.removing(target):
        trash = target.with_name(f".rkmbuild-{os.getpid()}")
        with locks.held(target / ".lock"):  # a build that runs comes to its end
            target.rename(trash)
        return cache_cleaning.remove(trash)


def _target(path: Path) -> Path:
    source = kbuild_source.find(path)
    if source:
        return source.target
    # Of files that were built one by one, the folder is named.
    left = kbuild_source.KbuildSource(folder=path, file=None).target
    if not (path / "Cargo.toml").exists() and cache.is_tagged(left):
        return left
    return selection.select(path)[0].target
