"""Files: whether one is there, whether it has changed, and how one is written whole.

In a folder that this user may not enter, nothing is there. `Path.is_file` and its like raise
PermissionError there, up to Python 3.13. /root/.cargo/bin in the PATH of another user is such a
place, and so are /boot and /usr/src on a hardened system.
"""

import contextlib
import errno
import filecmp
import os
from collections.abc import Iterator
from pathlib import Path

Stamp = tuple[int, int]
"""When a file was changed, in ns, and its size in bytes."""


def is_file(path: Path) -> bool:
    """Tell whether `path` leads to a file."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def is_folder(path: Path) -> bool:
    """Tell whether `path` leads to a folder."""
    return os.path.isdir(path)  # noqa: PTH112 - see above


def is_there(path: Path) -> bool:
    """Tell whether `path` leads to anything."""
    return os.path.exists(path)  # noqa: PTH110 - see above


def look_for(path: Path) -> bool:
    """Tell whether `path` leads to anything, where that can be told.

    Raises:
        OSError: a folder on the way may not be entered. From Python 3.14 on `Path.exists` keeps
            that to itself.
    """
    try:
        path.stat()
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise
    return True


def stamp(file: str | Path) -> Stamp:
    """Return what tells a file from a changed one, as for make and cargo, without reading it.

    Raises:
        OSError: it is not there.
    """
    status = os.stat(file)  # noqa: PTH116 - a Path for each of some hundred files costs 1 ms
    return status.st_mtime_ns, status.st_size


def named_stamp(file: Path) -> tuple[str, int, int]:
    """Return a file's name and stamp, as a part of a cache key.

    Raises:
        OSError: it is not there.
    """
    return str(file), *stamp(file)


def sha256(file: Path) -> str:
    """Return the SHA256 of a file, 64 hex digits.

    Raises:
        OSError: it cannot be read.
    """
    import hashlib  # noqa: PLC0415 - a build with nothing to do hashes no file

    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write(place: Path, content: str | bytes) -> None:
    """Write a file whole: who reads it sees what was there, or all of `content`.

    It does not survive a power cut better than any other file: nothing waits for the disk.

    Args:
        place: The file; its folder is there.
        content: Text goes out as UTF-8.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    with replacing(place) as draft:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)


@contextlib.contextmanager
def replacing(place: Path, *, unless_same: bool = False) -> Iterator[Path]:
    """Give the name of a file to write, which takes the place of `place` when the body is done.

    No two runs, nor two threads, are given the same name, and where the body fails nothing is left.

    Args:
        place: The file that is to be; its folder is there.
        unless_same: Leave what is there untouched if the new one has the same content, so that
            those who go by its time have nothing to do.

    Raises:
        OSError: it cannot be written; what was there is as it was.
    """
    draft = place.with_name(f".rkmbuild-{os.getpid()}-{os.urandom(4).hex()}")
    try:
        yield draft
        if not (unless_same and is_file(place) and filecmp.cmp(draft, place, shallow=False)):
            draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
