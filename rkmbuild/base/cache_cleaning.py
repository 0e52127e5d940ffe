"""What the cache holds, and how it is emptied: of all, or of what nobody has used for long."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import StorageError


class Entry(NamedTuple):
    """Something in the cache.

    Attributes:
        kind: What it is: `sysroot`, `bindings`, `kernel` for a fetched one.
        name: Its name among those of its kind.
        size: Bytes of disk; those of a file that several entries have are the first one's.
        last_use: When it was used, to the day: seconds since 1970.
    """

    kind: str
    name: str
    size: int
    last_use: float


class Contents(NamedTuple):
    """All that is in the cache.

    Attributes:
        root: Its folder.
        entries: What is finished, by kind and name.
        size: Bytes of disk of all, what is unfinished included.
    """

    root: Path
    entries: tuple[Entry, ...]
    size: int

    def kinds(self) -> dict[str, tuple[Entry, ...]]:
        """Return the entries of each kind, the kind with the most bytes first."""
        names = dict.fromkeys(entry.kind for entry in self.entries)
        kinds = {name: tuple(e for e in self.entries if e.kind == name) for name in names}
        return dict(sorted(kinds.items(), key=lambda item: -total(item[1])))

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "cache": str(self.root),
            "size": self.size,
            "kinds": [
                {
                    "kind": kind,
                    "size": total(entries),
                    "last_use": int(max(entry.last_use for entry in entries)),
                    "entries": [
                        {"name": e.name, "size": e.size, "last_use": int(e.last_use)}
                        for e in entries
                    ],
                }
                for kind, entries in self.kinds().items()
            ],
        }


def total(entries: Iterable[Entry]) -> int:
    """Return the bytes of disk of entries."""
    return sum(entry.size for entry in entries)


def contents() -> Contents:
    """Return what is in the cache.

    Raises:
        StorageError: the folder does not say that it is a cache.
    """
    root = paths.cache_dir()
    counted: set[tuple[int, int]] = set()
    found = [
        Entry(place.parent.name, place.name, size(place, counted), cache.last_use(place))
        for place in entries()
    ]
    return Contents(root, tuple(found), total(found) + size(root, counted))


def empty() -> int:
    """Remove all that is in the cache: sysroots, bindings, fetched kernels and their like.

    Runs at work on an entry of their own finish it; a run that uses a finished one may fail.

    Returns:
        How many bytes of disk that frees.

    Raises:
        StorageError: the folder does not say that it is a cache, or cannot be written.
    """
    root = paths.cache_dir()
    freed = 0
    with removing(root):
        for kind in _kinds():
            freed += size(kind)
            with cache.temporary() as trash:
                kind.rename(trash / kind.name)
                shutil.rmtree(trash)
        for left in (root / cache.UNFINISHED).glob("*"):
            if not cache.is_at_work(left):
                freed += remove(left)
    return freed


def remove_unused(days: int) -> int:
    """Remove the entries that nobody has used for so many days.

    What a run has found is noted as used before the run goes on, so that it keeps it for all these
    days, whatever other runs remove.

    Args:
        days: At least 1: a use is noted to the day.

    Returns:
        How many bytes of disk that frees.

    Raises:
        StorageError: the folder does not say that it is a cache, or cannot be written.
    """
    # A use may be a day later than its mark says.
    since = time.time() - days * 86400 - cache.MARK_SECONDS
    freed = 0
    for place in entries():
        with contextlib.suppress(FileNotFoundError):  # another run has just removed it
            if cache.last_use(place) <= since:
                takes = size(place)
                if cache.remove(place.parent.name, place.name, unused_since=since):
                    freed += takes
    return freed


def size(top: Path, counted: set[tuple[int, int]] | None = None) -> int:
    """Return the bytes of disk below `top`; a file with several names counts once.

    Args:
        counted: Files that have been counted elsewhere, by device and inode; they are added.
    """
    counted = set() if counted is None else counted
    blocks = 0
    for folder, folders, files in os.walk(top):
        for name in (*folders, *files):
            with contextlib.suppress(FileNotFoundError):
                status = Path(folder, name).lstat()
                if (status.st_dev, status.st_ino) not in counted:
                    counted.add((status.st_dev, status.st_ino))
                    blocks += status.st_blocks
    return blocks * 512


def remove(folder: Path) -> int:
    """Remove a folder, and return the bytes of disk that this frees."""
    freed = size(folder)
    shutil.rmtree(folder)
    return freed


@contextlib.contextmanager
def removing(place: Path) -> Iterator[None]:
    """Turn a failure of the operating system to remove something into a StorageError."""
    try:
        yield
    except OSError as error:
        where = error.filename or place
        raise StorageError(f"cannot remove {where}: {error.strerror}") from None


def _kinds() -> list[Path]:
    """Return the folders of the kinds, those that no run has finished anything in included."""
    root = paths.cache_dir()
    if not root.is_dir() or not any(root.iterdir()):
        return []
    if not cache.is_tagged(root):
        raise StorageError(
            f"{root} is left alone: no {cache.TAG} says that it is a cache",
            hint="RKMBUILD_CACHE_DIR may name a wrong folder",
        )
    own = (cache.LOCKS, cache.UNFINISHED, cache.TAG)
    return [kind for kind in sorted(root.iterdir()) if kind.name not in own]


def entries() -> Iterator[Path]:
    """Give the folders of the finished entries.

    Raises:
        StorageError: the folder does not say that it is a cache.
    """
    for kind in _kinds():
        for place in sorted(kind.iterdir()) if kind.is_dir() else ():
            if cache.is_done(place):
                yield place
