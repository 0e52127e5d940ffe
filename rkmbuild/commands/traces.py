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


def told(reports: "Sequence[Decoded]") -> str | None:
    """Return what the first crash or hang was in the module's own source, if that is known."""
    from rkmbuild.run.outcome import Kind
    from rkmbuild.trace.show import clean, here

    ends = (decoded for decoded in reports if decoded.report.kind != Kind.WARNING)
    end = next((decoded for decoded in ends if decoded.where), None)
    if end is None or end.where is None:
        return None
    where = end.where
    place = f"in the source, that was {where.function} at {here(where.file)}:{where.line}"
    return clean(f"{place}; it {end.report.panic}" if end.report.panic else place)
