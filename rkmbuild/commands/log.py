"""`rkmbuild log`: what the kernel printed."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rkmbuild.base import console
from rkmbuild.commands import options, traces

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rkmbuild.klog.kmsg import Record
    from rkmbuild.trace.decoded import Decoded

    Traces = tuple[Decoded, ...]

# Colours by level, emerg to debug; None for the terminal's own.
_COLOURS = ("1;37;41", "1;31", "1;31", "31", "33", "1", None, "2")


def log(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for new messages, until Ctrl-C.")
    ] = False,
    module: Annotated[
        str | None, typer.Option("--module", "-m", metavar="NAME", help="Only what it printed.")
    ] = None,
    since_load: Annotated[
        bool,
        typer.Option(
            "--since-load",
            help="Only from the load of the module on; without --module, of the last one loaded.",
        ),
    ] = False,
    raw: options.Raw = False,
    as_json: options.Json = False,
) -> None:
    """Show the kernel's log, and under each trace the functions, files and lines it is about.

    With --json: one document, or with --follow one line a message.
    """
    from rkmbuild.klog import kmsg
    from rkmbuild.trace import running_log

    console.configure(as_json=as_json)
    start = _start(module) if since_load else 0
    with kmsg.Reader() as reader:
        records = reader.follow() if follow else reader.available()
        late = (record for record in records if record is None or record.sequence >= start)
        shown = running_log.with_traces(late, None if raw else running_log.decoder())
        wanted = (about for about in shown if module is None or _is_about(module, *about))
        if as_json and not follow:
            console.result([_document(*about) for about in wanted])
            return
        # Ctrl-C is how one leaves; it is no failure.
        with suppress(KeyboardInterrupt):
            _show(wanted, as_json=as_json, flush=follow)


def _start(module: str | None) -> int:
    from rkmbuild.base.errors import NotLoadedError
    from rkmbuild.host import records
    from rkmbuild.kernel.names import module_name

    record = records.find(module_name(module)) if module else records.latest()
    if record is None or record.sequence is None:
        who = f"{module} has not been" if module else "no module has been"
        raise NotLoadedError(f"{who} loaded by this user's `rkmbuild load` since boot")
    return record.sequence


def _is_about(module: str, record: "Record", ended: "Traces") -> bool:
    from rkmbuild.kernel.names import module_name

    name = module_name(module)
    return record.is_about(module) or any(name in decoded.modules for decoded in ended)


def _document(record: "Record", ended: "Traces") -> dict[str, Any]:
    return record.document() | {"decoded": [decoded.document() for decoded in ended]}


def _show(records: "Iterable[tuple[Record, Traces]]", *, as_json: bool, flush: bool) -> None:
    coloured = console.is_coloured()
    for record, ended in records:
        if as_json:
            console.write_json(console.with_schema(_document(record, ended)), indent=None)
        else:
            if record.lost:
                console.line(f"... {record.lost} messages were overwritten before they were read")
            colour = _COLOURS[record.level] if coloured else None
            for line in record.lines():
                console.line(f"\x1b[{colour}m{line}\x1b[0m" if colour else line)
            for decoded in ended:
                traces.show(decoded)
        if flush:
            sys.stdout.flush()
