"""Decoded traces among what a command shows: the same in `decode`, `log` and `run`."""

from typing import TYPE_CHECKING

from rkmbuild import console

if TYPE_CHECKING:
    from rkmbuild.trace.decode import Decoded


def show(decoded: "Decoded | None") -> None:
    """Write a decoded report to standard output, if there is one that tells anything."""
    if decoded is None:
        return
    from rkmbuild.trace import show

    for line in show.lines(decoded, colour=console.is_coloured()):
        console.line(line)
