"""The command line: reads the words, calls one function of `rkmbuild.commands`, shows the end."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated, Any, NoReturn, cast

import typer

from rkmbuild import __version__, console, runner
from rkmbuild.commands import register
from rkmbuild.errors import InterruptedRunError, RkmbuildError, UsageError

# click's error about words that it cannot make sense of. typer carries a copy of click, and exports
# the error's subclass alone.
_UnclearWords = cast("type[Any]", typer.BadParameter.__base__)

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
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGHUP, _interrupted)
    sys.exit(_status())


def _status() -> int:
    try:
        status = _app_status()
        sys.stdout.flush()
    except RkmbuildError as failure:
        runner.stop_all()
        console.error(failure)
        return failure.code
    except KeyboardInterrupt:
        runner.stop_all()
        console.error(InterruptedRunError("stopped; the cache stays usable"))
        return InterruptedRunError.code
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; what is left to flush goes nowhere. How
        # it would have ended nobody knows, so it is no success.
        runner.stop_all()
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return InterruptedRunError.code
    except Exception as error:
        runner.stop_all()
        if os.environ.get("RKMBUILD_DEBUG"):
            raise
        console.error(
            RkmbuildError(
                f"rkmbuild met a case that it does not handle: {type(error).__name__}: {error}",
                hint="run it again with RKMBUILD_DEBUG=1 and report what it prints",
            )
        )
        return RkmbuildError.code
    return status


def _app_status() -> int:
    try:
        left = app(standalone_mode=False)
    except _UnclearWords as error:
        return _unclear(error)
    except typer.Abort:
        # Ctrl-C, or the end of the input, in answer to a question.
        raise KeyboardInterrupt from None
    except SystemExit as exiting:
        # typer's own way out where nobody reads what is written.
        if isinstance(exiting.__context__, BrokenPipeError):
            raise exiting.__context__ from None
        raise
    # typer answers Ctrl-C itself, by leaving with this status and without a word.
    if left == InterruptedRunError.code:
        raise KeyboardInterrupt
    return left if isinstance(left, int) else 0


def _unclear(error: Any) -> int:  # noqa: ANN401 - see _UnclearWords
    """Tell, as other failures are told, what click says of the words; of none it has shown help."""
    message = error.format_message().rstrip(".")
    if not message:
        return UsageError.code
    console.configure(as_json="--json" in sys.argv)
    where = error.ctx.command_path if error.ctx else "rkmbuild"
    raise UsageError(message, hint=f"`{where} --help` shows what there is")


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
