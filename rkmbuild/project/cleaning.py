"""Removes what the tool made: a project's results, or all of the cache."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.base import cache, locks, paths
from rkmbuild.base.errors import StorageError
from rkmbuild.project import selection

# What other runs hold, or work in, while the cache is emptied.
_LOCKS, _UNFINISHED = "locks", "tmp"


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
    with _removing(target):
        trash = target.with_name(f".rkmbuild-{os.getpid()}")
        with locks.held(target / ".lock"):  # a build that runs comes to its end
            target.rename(trash)
        return _remove(trash)


def cache_size() -> int:
    """Return how many bytes of disk the cache takes up."""
    return _size(paths.cache_dir())


def empty_cache() -> int:
    """Remove all that is in the cache: sysroots, bindings, fetched kernels and their like.

    Runs at work on an entry of their own finish it; a run that uses a finished one may fail.

    Returns:
        How many bytes of disk that frees.

    Raises:
        StorageError: the folder does not say that it is a cache, or cannot be written.
    """
    root = paths.cache_dir()
    if not root.is_dir() or not any(root.iterdir()):
        return 0
    if not cache.is_tagged(root):
        raise StorageError(
            f"{root} is left alone: no {cache.TAG} says that it is a cache",
            hint="RKMBUILD_CACHE_DIR may name a wrong folder",
        )
    freed = 0
    with _removing(root):
        for kind in sorted(root.iterdir()):
            if kind.name not in (_LOCKS, _UNFINISHED, cache.TAG):
                freed += _size(kind)
                with cache.temporary() as trash:
                    kind.rename(trash / kind.name)
                    shutil.rmtree(trash)
        for left in (root / _UNFINISHED).glob("*"):
            if not _is_at_work(left):
                freed += _remove(left)
    return freed


def _is_at_work(unfinished: Path) -> bool:
    """Tell whether the run still lives that makes an entry here: its number heads the name."""
    number = unfinished.name.partition("-")[0]
    return number.isdecimal() and Path("/proc", number).exists()


def _remove(folder: Path) -> int:
    freed = _size(folder)
    shutil.rmtree(folder)
    return freed


@contextlib.contextmanager
def _removing(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = error.filename or place
        raise StorageError(f"cannot remove {where}: {error.strerror}") from None


def _size(top: Path) -> int:
    """Return the bytes of disk below `top`; a file with several names counts once."""
    blocks = {}
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                status = Path(folder, name).lstat()
                blocks[status.st_dev, status.st_ino] = status.st_blocks
    return sum(blocks.values()) * 512
