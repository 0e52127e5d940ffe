"""What the user sees: progress and remarks on standard error, results on standard output.

On a terminal a running step has a spinner; elsewhere each step is a plain line. With `--json` the
result is one JSON document on standard output, and nothing else is written there.
"""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TextIO

from rkmbuild.base.progress import RunningSteps

if TYPE_CHECKING:
    from rkmbuild.base.errors import RkmbuildError


SCHEMA = 1
"""What `schema` is in each JSON document: it counts up when a key goes away or changes its meaning.
A new key leaves it as it is."""


class Verbosity(IntEnum):
    """How much is said."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


@dataclass(slots=True)
class _Settings:
    verbosity: Verbosity = Verbosity.NORMAL
    json: bool = False


_settings = _Settings()
_steps = RunningSteps()


def configure(*, verbose: bool = False, quiet: bool = False, as_json: bool = False) -> None:
    """Set what the options of this run ask for."""
    _settings.verbosity = Verbosity.VERBOSE if verbose else Verbosity.NORMAL
    if quiet:
        _settings.verbosity = Verbosity.QUIET
    _settings.json = as_json


def is_json() -> bool:
    """Tell whether the result goes out as JSON."""
    return _settings.json


def is_coloured() -> bool:
    """Tell whether standard output is a terminal that takes colours."""
    return _takes_colours(sys.stdout)


def is_verbose() -> bool:
    """Tell whether the user asked for details."""
    return _settings.verbosity is Verbosity.VERBOSE


def is_quiet() -> bool:
    """Tell whether the user asked to hear only what went wrong."""
    return _settings.verbosity is Verbosity.QUIET


def status(verb: str, text: str) -> None:
    """Say what is being done, in the form of cargo: a verb, right-aligned, and its object."""
    if _settings.verbosity >= Verbosity.NORMAL:
        _say(f"{_painted(f'{verb:>12}', '1;32')} {text}")


def note(text: str) -> None:
    """Say something worth knowing that is no problem."""
    if _settings.verbosity >= Verbosity.NORMAL:
        _say(f"{_painted('note', '1;36')}: {text}")


def detail(text: str) -> None:
    """Say something that only `-v` asks for."""
    if _settings.verbosity is Verbosity.VERBOSE:
        _say(text)


def warning(text: str) -> None:
    """Say something that the user should look at; `--quiet` does not hide it."""
    _say(f"{_painted('warning', '1;33')}: {text}")


def error(failure: "RkmbuildError") -> None:
    """Show a failure: the failed tool's own words, ours, and what to do."""
    if failure.output.strip():
        _say(failure.output.rstrip("\n"))
    _say(f"{_painted('error', '1;31')}: {failure.message}")
    for line in (failure.hint or "").splitlines():
        _say(f"  {_painted('help', '1;36')}: {line}")
    if _settings.json:
        result({"error": failure.document()})


@contextlib.contextmanager
def step(verb: str, text: str) -> Iterator[None]:
    """Show that a step runs, with a spinner where a terminal can show one.

    Steps of several threads are shown side by side.
    """
    if _settings.verbosity < Verbosity.NORMAL or _is_dumb() or not sys.stderr.isatty():
        status(verb, text)
        yield
        return
    started = time.monotonic()
    shown = _steps.begin(verb, text)
    try:
        yield
    finally:
        _steps.end(shown)
    status(verb, f"{text} ({time.monotonic() - started:.1f} s)")


def line(text: str = "") -> None:
    """Write one line of the result to standard output."""
    sys.stdout.write(text + "\n")


def flush() -> None:
    """Let what was written to standard output be seen now, also through a pipe."""
    sys.stdout.flush()


def discard_unread() -> None:
    """Have what is still to be written to a stream that cannot be written go nowhere."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def result(document: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
    """Write the result as JSON: a document, or a list in which each is one."""
    if isinstance(document, Mapping):
        write_json(with_schema(document))
    else:
        write_json([with_schema(each) for each in document])


def with_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that tells by which rules it is to be read."""
    return {"schema": SCHEMA, **document}


def write_json(value: object, *, indent: int | None = 2) -> None:
    """Write a value as JSON, as it is."""
    sys.stdout.write(json.dumps(value, indent=indent, default=str) + "\n")


def visible(text: str) -> str:
    """Show what could steer a terminal as a backslash code: texts come from files of any origin."""
    if text.isprintable():
        return text
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text
    )


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], *, title: str = "") -> None:
    """Write a table to standard output: framed on a terminal, aligned plain text elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415

        shown = Table(*columns, title=title or None, title_justify="left")
        for row in rows:
            shown.add_row(*(_escaped(cell) for cell in row))
        Console(highlight=False).print(shown)
        return
    if title:
        line(title)
    widths = [max(len(row[i]) for row in [columns, *rows]) for i in range(len(columns))]
    for row in [columns, *rows]:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        line("  ".join(cells).rstrip())


def _say(text: str) -> None:
    # In a file that takes both, remarks and results are then in the order in which they were made.
    sys.stdout.flush()
    try:
        if not _steps.say(text):
            sys.stderr.write(text + "\n")
    except BrokenPipeError:
        # Work does not end because nobody reads what is said of it.
        discard_unread()


def _painted(text: str, colour: str) -> str:
    return f"\x1b[{colour}m{text}\x1b[0m" if _takes_colours(sys.stderr) else text


def _takes_colours(stream: TextIO) -> bool:
    # https://no-color.org: where it is set and not empty.
    return not (os.environ.get("NO_COLOR") or _is_dumb()) and stream.isatty()


def _is_dumb() -> bool:
    return os.environ.get("TERM") == "dumb"


def _escaped(text: str) -> str:
    from rich.markup import escape  # noqa: PLC0415

    return escape(text)
