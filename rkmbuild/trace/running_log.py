"""Decodes the log of the running kernel, record by record as they come."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rkmbuild.base.errors import RkmbuildError
from rkmbuild.host import procmodules, records
from rkmbuild.klog.kmsg import Record
from rkmbuild.trace.decode import Decoder
from rkmbuild.trace.decoded import Decoded
from rkmbuild.trace.search import Search, in_project


def decoder() -> Decoder:
    """Return a decoder for the running kernel: it knows which builds of modules are loaded."""
    return Decoder(Search(in_project(Path.cwd()), known=build_id), text_address)


def build_id(module: str) -> str:
    """Return the build id of a module that is loaded, or was by `rkmbuild load`, or empty."""
    try:
        loaded = procmodules.find(module)
    except RkmbuildError:
        loaded = None
    if loaded:
        return loaded.build_id
    record = records.find(module)
    return record.build_id if record else ""


def text_address(module: str) -> int:
    """Return where the .text of a module was that `rkmbuild load` loaded, or 0."""
    record = records.find(module)
    return record.text if record else 0


def with_traces(
    given: Iterable[Record | None], decoding: Decoder | None
) -> Iterator[tuple[Record, tuple[Decoded, ...]]]:
    """Give each record with the reports that end with it.

    A record within a report waits for the next one, or for the pause that None stands for, since
    only then it is known whether the report ended.

    Args:
        given: Records in their order.
        decoding: What decodes; None gives each record as it is.
    """
    waiting: Record | None = None
    for record in given:
        if record is None or decoding is None:
            ended = [decoding.flush()] if decoding else []
        else:
            ended = [decoding.feed(line) for line in record.text.split("\n")]
        if waiting:
            yield waiting, tuple(decoded for decoded in ended if decoded)
            waiting = None
        if record and decoding and decoding.pending:
            waiting = record
        elif record:
            yield record, ()
    if waiting:
        last = decoding.flush() if decoding else None
        yield waiting, (last,) if last else ()
