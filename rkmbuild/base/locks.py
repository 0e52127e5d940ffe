"""Locks among processes: flock(2) on a file of their own.

A lock of flock lasts until the last process that has the file open is gone. What is started with
the descriptor keeps it (`keep_open` of `process.run`), and nothing else does.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def held(file: Path, *, waiting: Callable[[], None] | None = None) -> Iterator[int]:
    """Hold the lock `file`, which is made if it is not there, and give its descriptor.

    Who holds the lock may remove or move the file, as `clean` does: those who wait for it, in this
    process or in another one, then take the one that is made after it.

    Args:
        file: The file; its folder is made as well.
        waiting: Called once, if another one holds the lock.

    Raises:
        OSError: the file cannot be made or opened.
    """
    lock = _taken(file, waiting)
    try:
        yield lock
    finally:
        os.close(lock)


def _taken(file: Path, waiting: Callable[[], None] | None) -> int:
    while True:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if waiting:
                    waiting()
                fcntl.flock(lock, fcntl.LOCK_EX)
            if _leads_to(file, lock):
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _leads_to(file: Path, lock: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(lock))
    except OSError:
        return False
