"""`rkmbuild decode`: what the crashes in a saved log are in the source."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rkmbuild.base import console
from rkmbuild.base.errors import ToolchainError, UsageError
from rkmbuild.commands import options, traces

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from rkmbuild.trace.decode import Decoder
    from rkmbuild.trace.decoded import Decoded

# A line of the kernel's is far shorter; a file without any must not fill the memory.
_LONGEST = 64 << 10
# A document is made whole, in memory.
_MOST_IN_DOCUMENT = 1000


def decode(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The saved log; - for standard input.")
    ],
    module: Annotated[
        list[Path] | None,
        typer.Option(
            "--module",
            "-m",
            metavar="KO",
            help="A module that the log is about, or its .ko.debug.",
            show_default="what this project built, and what `rkmbuild load` loaded",
        ),
    ] = None,
    kernel: Annotated[
        str,
        typer.Option(
            "--kernel",
            "-k",
            metavar="RELEASE",
            help="The kernel that the log is of, or a part of its release, if it does not say.",
            show_default=False,
        ),
    ] = "",
    loaded_at: Annotated[
        list[str] | None,
        typer.Option(
            "--loaded-at",
            metavar="NAME=ADDRESS",
            help="Where the .text was of a module that the log tells was unloaded.",
        ),
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show the decoded traces only.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Show a saved kernel log, and under each trace the functions, files and lines it is about.

    The log may come from dmesg, journalctl, a console or `rkmbuild run`.
    """
    from rkmbuild.trace.decode import Decoder
    from rkmbuild.trace.search import Search, given, in_project

    console.configure(quiet=quiet, as_json=as_json)
    texts = dict(_address(word) for word in loaded_at or [])
    candidates = [*map(given, module or []), *in_project(Path.cwd())]
    decoder = Decoder(Search(candidates, release=kernel), texts.get)
    reports = _document(file, decoder) if as_json else _show(file, decoder, quiet=quiet)
    if failure := _failure(decoder):
        if as_json:
            raise typer.Exit(failure.code)
        raise failure
    if not reports:
        console.note("no stack trace was found in it")


def _failure(decoder: "Decoder") -> ToolchainError | None:
    """Return what kept the log from being decoded; to be asked at its end."""
    if not decoder.problem:
        return None
    message = f"no source lines: {decoder.problem}"
    return ToolchainError(message, hint="`rkmbuild doctor` says what installs it")


def _show(file: str, decoder: "Decoder", *, quiet: bool) -> int:
    count = 0
    for line, decoded in _read(file, decoder):
        traces.show(decoded)
        count += decoded is not None
        if line is not None and not quiet:
            console.line(console.visible(line))
    return count


def _document(file: str, decoder: "Decoder") -> int:
    documents: list[dict[str, Any]] = []
    count = 0
    for _, decoded in _read(file, decoder):
        if decoded:
            count += 1
            if len(documents) < _MOST_IN_DOCUMENT:
                documents.append(decoded.document())
    failure = _failure(decoder)
    console.result(
        {
            "file": file,
            "reports": documents,
            "left_out": count - len(documents),
            "error": failure.document() if failure else None,
        }
    )
    return count


def _read(file: str, decoder: "Decoder") -> "Iterator[tuple[str | None, Decoded | None]]":
    """Give each line with the report that was whole before it; at the end a report without line."""
    from rkmbuild.klog.lines import LineReader

    reader = LineReader()
    try:
        with _opened(file) as log:
            while data := log.readline(_LONGEST):
                line = data.decode(errors="replace").rstrip("\r\n")
                yield line, decoder.feed(reader.text_of(line))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"cannot read {file}: {why}") from None
    yield None, decoder.flush()


def _opened(file: str) -> "contextlib.AbstractContextManager[BinaryIO]":
    if file == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    return Path(file).open("rb")


def _address(word: str) -> tuple[str, int]:
    name, _, address = word.partition("=")
    try:
        return name, int(address, 16)
    except ValueError:
        raise UsageError(
            f"--loaded-at {word}: it needs NAME=ADDRESS",
            hint="root can read it in /sys/module/NAME/sections/.text while it is loaded",
        ) from None
