"""The cache: folders named by a hash of all that went into them, made once, whole or not at all.

An entry is made in a temporary folder beside the others and renamed into its place under a lock,
so that a kill at any moment leaves nothing that a later run would take for finished work. Who finds
an entry notes its use, so that what nobody uses any more can be removed (`cache_cleaning`).
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
# Folders beside those of the kinds: what runs hold, and what they work in.
LOCKS, UNFINISHED = "locks", "tmp"
# A temporary folder this old belongs to a run that was killed: no stage takes hours.
_STALE_SECONDS = 6 * 3600
_DONE = ".done"
# Its time is when an entry was used: to the day, so that using one costs a write a day.
_USED = ".used"
MARKS = (_DONE, _USED)
MARK_SECONDS = 86400
NEEDS = "needs.txt"
"""The file of an entry that names others, without which it is no use: kind/name, one a line."""


def key(*parts: object) -> str:
    """Return a name for all of `parts` (anything JSON can say, or a Path): 16 hex digits.

    What makes an entry has a `_REVISION` among the parts. It counts up when a release makes another
    thing of the same parts, so that what older releases left in the cache is not taken for it.
    """
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


def find(kind: str, name: str) -> Path | None:
    """Return the finished entry `name` of `kind`, which counts as used then, or None."""
    place = paths.cache_dir() / kind / name
    return place if is_done(place) and _note_use(place) else None


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
        place = paths.cache_dir() / kind / name
        if is_done(place):
            return place
        with temporary() as folder:
            make(folder)
            finish(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists():
                shutil.rmtree(place)
            folder.rename(place)
    return place


def finish(folder: Path) -> None:
    """Mark a folder as a finished entry, used just now."""
    (folder / _DONE).touch()


def note_need(folder: Path, kind: str, name: str) -> None:
    """Note in an entry that is being made that it is no use without another one."""
    with (folder / NEEDS).open("a") as out:
        out.write(f"{kind}/{name}\n")


def needs(place: Path) -> list[Path]:
    """Return the entries without which the one in this folder is no use."""
    try:
        lines = (place / NEEDS).read_text().splitlines()
    except OSError:
        return []
    return [paths.cache_dir() / line for line in lines]


def note_use(inside: Path) -> bool:
    """Note that a file or folder is used, if it is one in an entry; false where that is gone."""
    try:
        root = paths.cache_dir().resolve()
    except StorageError:  # a user without a home has no cache, and may look at what lies elsewhere
        return True
    if not inside.is_relative_to(root):
        return True
    kind, name = (*inside.relative_to(root).parts, "", "")[:2]
    place = root / kind / name
    return not name or (is_done(place) and _note_use(place))


def last_use(place: Path) -> float:
    """Return when the entry in this folder was used last, to the day: seconds since 1970.

    The use is in the day that follows that time, of `MARK_SECONDS`.

    Raises:
        OSError: it is no finished entry.
    """
    try:
        return (place / _USED).stat().st_mtime
    except OSError:
        return finished_at(place)


def finished_at(place: Path) -> float:
    """Return when the entry in this folder was finished: seconds since 1970.

    Raises:
        OSError: it is no finished entry.
    """
    return (place / _DONE).stat().st_mtime


def remove(kind: str, name: str, *, unused_since: float | None = None) -> bool:
    """Remove an entry; it is nobody's from the first moment on, even if the removal is cut off.

    Args:
        kind: Its kind.
        name: Its name.
        unused_since: Leave it, if it was used after this time: seconds since 1970. Who finds an
            entry notes its use under the same lock, so that none vanishes that was just found.

    Returns:
        Whether there was something to remove.
    """
    place = paths.cache_dir() / kind / name
    with writing(place), temporary() as trash:
        with locked(f"{kind}-{name}") as lock:
            if not place.exists():
                return False
            if unused_since is not None and last_use(place) > unused_since:
                return False
            place.rename(trash / name)
            lock.unlink()  # those who wait for it make another one
        shutil.rmtree(trash / name)
    return True


@contextlib.contextmanager
def locked(name: str) -> Iterator[Path]:
    """Hold the lock `name` among all processes that use this cache, and give its file."""
    file = _root() / LOCKS / f"{name}.lock"
    with locks.held(file):
        yield file


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


def is_done(place: Path) -> bool:
    """Tell whether an entry is finished."""
    return files.is_there(place / _DONE)


def _note_use(place: Path) -> bool:
    """Note that an entry is used, unless that was noted today; false where it was removed."""
    try:
        if time.time() - last_use(place) < MARK_SECONDS:
            return True
        with locked(f"{place.parent.name}-{place.name}"):
            if not is_done(place):
                return False
            (place / _USED).touch()
    except OSError:  # where we cannot write, nothing is removed by us either
        return is_done(place)
    return True


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
    folder = _root() / UNFINISHED
    folder.mkdir(exist_ok=True)
    return folder / f"{os.getpid()}-{time.monotonic_ns()}"


def _sweep() -> None:
    oldest = time.time() - _STALE_SECONDS
    folder = _root() / UNFINISHED
    if folder.is_dir():
        for left in folder.iterdir():
            with contextlib.suppress(OSError):
                # What is unpacked into a folder gives it times of its own, which are no run's.
                if left.stat().st_mtime < oldest and not is_at_work(left):
                    shutil.rmtree(left)


def is_at_work(unfinished: Path) -> bool:
    """Tell whether the run still lives that makes an entry here: its number heads the name."""
    number = unfinished.name.partition("-")[0]
    return number.isdecimal() and Path("/proc", number).exists()
