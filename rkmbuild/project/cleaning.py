"""Removes what builds of a project have left in its folder."""

import os
from pathlib import Path

from rkmbuild.base import cache_cleaning, locks
from rkmbuild.project import selection


def remove_results(path: Path) -> int:
    """Remove what builds of the project at `path` left in its target folder.

    Returns:
        How many bytes of disk that frees.

    Raises:
        ProjectError: there is no module project.
        StorageError: something cannot be removed.
    """
    target = selection.select(path)[0].target
    if not target.is_dir():
        return 0
    with cache_cleaning.removing(target):
        trash = target.with_name(f".rkmbuild-{os.getpid()}")
        with locks.held(target / ".lock"):  # a build that runs comes to its end
            target.rename(trash)
        return cache_cleaning.remove(trash)
