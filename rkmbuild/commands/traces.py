"""Decoded traces among what a command shows: the same in `decode`, `log` and `run`."""

import contextlib
from typing import TYPE_CHECKING

from rkmbuild.base import console
from rkmbuild.base.errors import CrashedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rkmbuild.trace.decoded import Decoded


def show(decoded: "Decoded | None") -> None:
    """Write a decoded report to standard output, if there is one that tells anything."""
    if decoded is None:
        return
    from rkmbuild.trace import text

    for line in text.lines(decoded, colour=console.is_coloured()):
        console.line(line)


def told(reports: "Sequence[Decoded]") -> str | None:
    """Return what the first crash or hang was in the module's own source, if that is known."""
    from rkmbuild.klog.kinds import Verdict
    from rkmbuild.klog.report import TRACE
    from rkmbuild.trace.text import here

    # A trace without a report is what SysRq shows of a hang.
    ends = (
        decoded
        for decoded in reports
        if decoded.report.verdict is Verdict.FAILS or decoded.report.name == TRACE
    )
    end = next((decoded for decoded in ends if decoded.where), None)
    if end is None or end.where is None:
        return None
    where = end.where
    place = f"in the source, that was {where.function} at {here(where.file)}:{where.line}"
    return console.visible(f"{place}; it {end.report.panic}" if end.report.panic else place)


@contextlib.contextmanager
def explained(ko: "Path") -> "Iterator[None]":
    """Add to what the kernel said of a crash, if there is one, what it was in the module's source.

    Args:
        ko: The module that is loaded meanwhile.
    """
    try:
        yield
    except CrashedError as error:
        from rkmbuild.klog.lines import LineReader
        from rkmbuild.ko import modinfo
        from rkmbuild.trace import search, text
        from rkmbuild.trace.decode import Decoder

        module = modinfo.read(ko)
        ids = {module.name: module.build_id}
        found = search.Search(search.of_module(ko), known=lambda name: ids.get(name, ""))
        decoder, reader = Decoder(found), LineReader()
        reports = [decoder.feed(reader.text_of(line)) for line in error.output.split("\n")]
        shown = (text.lines(report) for report in (*reports, decoder.flush()) if report)
        error.output = "\n".join([error.output, *(line for lines in shown for line in lines)])
        raise
