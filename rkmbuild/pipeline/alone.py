"""Keeps builds that write to the same folder apart."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.base import cache, console, locks


@contextlib.contextmanager
def alone(target: Path) -> Iterator[int]:
    """Keep other builds of the same source out, and give the descriptor that does so.

    kbuild inherits it, so that a build waits for what a killed one left running, which writes to
    the same folder.

    Args:
        target: The folder that all of its builds write to.
    """
    with contextlib.ExitStack() as stack:
        with cache.writing(target):
            lock = stack.enter_context(locks.held(target / ".lock", waiting=_say_waiting))
            cache.tag(target)
        yield lock


def _say_waiting() -> None:
    console.status("Blocking", "waiting for another build of this project")
