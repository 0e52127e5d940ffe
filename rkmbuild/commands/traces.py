"""Decoded traces among what a command shows: the same in `decode`, `log` and `run`."""

from typing import TYPE_CHECKING

from rkmbuild import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkmbuild.trace.decode import Decoded


def show(decoded: "Decoded | None") -> None:
    """Write a decoded report to standard output, if there is one that tells anything."""
    if decoded is None:
        return
    from rkmbuild.trace import show

    for line in show.lines(decoded, colour=console.is_coloured()):
        console.line(line)


def place(reports: "Sequence[Decoded]") -> str | None:
    """Return in words where in the module's own source a run came to its end, if that is known."""
    from rkmbuild.run.outcome import Kind
    from rkmbuild.trace.show import here

    wheres = [decoded.where for decoded in reports if decoded.report.kind != Kind.WARNING]
    where = next((where for where in wheres if where), None)
    if where is None:
        return None
    return f"in the source, that was {where.function} at {here(where.file)}:{where.line}"
