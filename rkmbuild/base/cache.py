"""The cache: folders named by a hash of all that went into them, made once, whole or not at all.

An entry is made in a temporary folder beside the others and renamed into its place under a lock,
so that a kill at any moment leaves nothing that a later run would take for finished work.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rkmbuild.base import files, locks, paths
from rkmbuild.base.errors import StorageError

# What backup tools look for, and what its first line says: https://bford.info/cachedir/
TAG = "CACHEDIR.TAG"
_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"
# A temporary folder this old belongs to a run that was killed: no stage takes hours.
_STALE_SECONDS = 6 * 3600
_DONE = ".done"


def key(*parts: object) -> str:
    """Return a name for all of `parts` (anything JSON can say, or a Path): 16 hex digits.

    What makes an entry has a `_REVISION` among the parts. It counts up when a release makes another
    thing of the same parts, so that what older releases left in the cache is not taken for it.
    """
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def find(kind: str, name: str) -> Path | None:
    """Return the finished entry `name` of `kind`, or None."""
    place = paths.cache_dir() / kind / name
    return place if files.is_there(place / _DONE) else None


def entry(kind: str, name: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of entry `name` of `kind`, made by `make(folder)` if it is not there yet.

    A second process that asks for the same entry waits for the first one. `make` must not keep
    the folder's path in what it writes: the folder moves once it is finished.

    Raises:
        StorageError: the cache cannot be written.
    """
    found = find(kind, name)
    if found:
        return found
    with writing(paths.cache_dir()), locked(f"{kind}-{name}"):
        found = find(kind, name)
        if found:
            return found
        with temporary() as folder:
            make(folder)
            (folder / _DONE).touch()
            place = paths.cache_dir() / kind / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                shutil.rmtree(place)
            folder.rename(place)
    return place


def remove(kind: str, name: str) -> None:
    """Remove an entry; it is nobody's from the first moment on, even if the removal is cut off."""
    place = paths.cache_dir() / kind / name
    with writing(place), locked(f"{kind}-{name}"):
        if place.exists():
            trash = _temporary_path()
            place.rename(trash)
            shutil.rmtree(trash)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the lock `name` among all processes that use this cache."""
    with locks.held(_root() / "locks" / f"{name}.lock"):
        yield


@contextlib.contextmanager
def temporary() -> Iterator[Path]:
    """Give a fresh folder on the cache's file system; what is left of it afterwards is removed."""
    _sweep()
    folder = _temporary_path()
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tag(folder: Path) -> None:
    """Mark a folder of ours as one that a backup may leave out."""
    file = folder / TAG
    if not file.exists():
        file.write_text(f"{_SIGNATURE}\n# Made by rkmbuild; safe to delete.\n")


def is_tagged(folder: Path) -> bool:
    """Tell whether a folder says that it is a cache, ours or another tool's."""
    try:
        return (folder / TAG).read_text(errors="replace").startswith(_SIGNATURE)
    except OSError:
        return False


def discard(folder: Path) -> None:
    """Remove a folder of ours that is no longer needed."""
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn a failure of the operating system to write below `place` into a StorageError."""
    try:
        yield
    except BrokenPipeError:  # of our own output, not of what is written
        raise
    except OSError as error:
        where = error.filename or place
        if error.errno == errno.ENOSPC:
            raise StorageError(
                f"no space left on the disk while writing {where}",
                hint="`rkmbuild clean --cache` empties the cache; RKMBUILD_CACHE_DIR moves it",
            ) from None
        why = error.strerror
        raise StorageError(f"cannot write {where}: {why}", hint=_elsewhere(place)) from None


def _elsewhere(place: Path) -> str | None:
    if place.is_relative_to(paths.cache_dir()):
        return "RKMBUILD_CACHE_DIR moves the cache to another folder"
    return None


def _root() -> Path:
    root = paths.cache_dir()
    root.mkdir(parents=True, exist_ok=True)
    tag(root)
    return root


def _temporary_path() -> Path:
    folder = _root() / "tmp"
    folder.mkdir(exist_ok=True)
    return folder / f"{os.getpid()}-{time.monotonic_ns()}"


def _sweep() -> None:
    oldest = time.time() - _STALE_SECONDS
    folder = _root() / "tmp"
    if folder.is_dir():
        for left in folder.iterdir():
            with contextlib.suppress(OSError):
                if left.stat().st_mtime < oldest:
                    shutil.rmtree(left)
