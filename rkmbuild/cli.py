"""The command line: reads the words, calls one function of `rkmbuild.commands`, shows the end."""

import errno
import io
import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, NoReturn, Protocol, runtime_checkable

import typer

from rkmbuild import __version__
from rkmbuild.base import console, process
from rkmbuild.base.errors import InterruptedRunError, RkmbuildError, StorageError, UsageError
from rkmbuild.commands import register


@runtime_checkable
class _UnclearWords(Protocol):
    """What click raises about words that it can make no sense of.

    typer carries a copy of click, and exports one of these errors only.
    """

    ctx: Any

    def format_message(self) -> str:
        """Return what is wrong, as a sentence."""


app = typer.Typer(
    name="rkmbuild",
    help="Build, check, load and test out-of-tree Linux kernel modules written in Rust.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
register(app)


def _show_version(asked: bool) -> None:
    if asked:
        console.line(f"rkmbuild {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show version.")
    ] = False,
) -> None:
    """Build, check, load and test out-of-tree Linux kernel modules written in Rust."""


def main() -> NoReturn:
    """Run the command that the arguments name, and exit with the status that says what happened.

    No traceback reaches the user; `RKMBUILD_DEBUG=1` lets one through for a report.
    """
    _open_standard_streams()
    for number in process.ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup's wish
            signal.signal(number, _interrupted)
    sys.exit(_status())


def _open_standard_streams() -> None:
    """Open those that the caller closed, as rustc does: a file of ours would get their number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # Of those that are free, open(2) gives the lowest number.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))
            os.set_inheritable(number, True)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A file may have a name, and a source a letter, that the output has none for.
        sys.stdout.reconfigure(errors="backslashreplace")


def _status() -> int:
    problem: RkmbuildError
    try:
        return _flushed(_advised_status())
    except RkmbuildError as failure:
        problem = failure
    except KeyboardInterrupt:
        problem = InterruptedRunError("interrupted; the cache stays usable")
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does. How it would have ended nobody knows,
        # so it is no success.
        _stop_all()
        console.discard_unread()
        return InterruptedRunError.code
    except Exception as error:
        if os.environ.get("RKMBUILD_DEBUG"):
            _stop_all()
            raise
        problem = _unforeseen(error)
    _stop_all()
    try:
        console.error(problem)
        sys.stdout.flush()
    except OSError:
        console.discard_unread()
    return problem.code


def _flushed(status: int) -> int:
    sys.stdout.flush()  # at the end of the process nobody could tell what became of it
    return status


def _unforeseen(error: Exception) -> RkmbuildError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        console.discard_unread()  # it may be our own output that has no room
        return StorageError(f"cannot write {error.filename or 'the output'}: {error.strerror}")
    return RkmbuildError(
        f"internal error in rkmbuild: {type(error).__name__}: {error}",
        hint="run it again with RKMBUILD_DEBUG=1 and report what it prints",
    )


def _stop_all() -> None:
    """Stop what we started, also for a user who cannot wait and presses Ctrl-C once more."""
    _ignore_more()
    process.stop_all()


def _ignore_more() -> None:
    for number in process.ENDING:
        signal.signal(number, signal.SIG_IGN)


def _advised_status() -> int:
    """Run the command; where it fails for want of a part, add what gives that part here."""
    try:
        return _app_status()
    except RkmbuildError as failure:
        if failure.wanted:
            from rkmbuild.distro import packages  # noqa: PLC0415 - only a failure needs it

            lines = (failure.hint, packages.advice(failure.wanted))
            failure.hint = "\n".join(line for line in lines if line)
        raise


def _app_status() -> int:
    try:
        Path.cwd()
    except OSError as error:
        raise UsageError(
            f"the current folder cannot be used: {error.strerror}", hint="change to another one"
        ) from None
    try:
        left = app(standalone_mode=False)
    except typer.Abort:
        # Ctrl-C, or the end of the input, in answer to a question.
        raise KeyboardInterrupt from None
    except SystemExit as exiting:
        # typer's own way out where nobody reads what is written.
        if isinstance(exiting.__context__, BrokenPipeError):
            raise exiting.__context__ from None
        raise
    except Exception as error:
        if isinstance(error, _UnclearWords):
            return _unclear(error)
        raise
    # typer answers Ctrl-C itself, by leaving with this status and without a word.
    if left == InterruptedRunError.code:
        raise KeyboardInterrupt
    return left if isinstance(left, int) else 0


def _unclear(error: _UnclearWords) -> int:
    """Tell, as other failures are told, what click says of the words; of none it has shown help."""
    message = error.format_message().rstrip(".")
    if not message:
        return UsageError.code
    console.configure(as_json="--json" in sys.argv)
    where = error.ctx.command_path if error.ctx else "rkmbuild"
    raise UsageError(message, hint=f"`{where} --help` shows the commands and options")


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    _ignore_more()  # what cleans up on the way out is not to be interrupted
    raise KeyboardInterrupt
