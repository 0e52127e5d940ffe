"""The command line: reads the words, calls one function of `rkmbuild.commands`, shows the end."""

import os
import signal
import sys
from types import FrameType
from typing import Annotated, NoReturn

import typer

from rkmbuild import __version__, console, runner
from rkmbuild.commands import register
from rkmbuild.errors import InterruptedRunError, RkmbuildError

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
        return _app_status()
    except RkmbuildError as failure:
        runner.stop_all()
        console.error(failure)
        return failure.code
    except KeyboardInterrupt:
        runner.stop_all()
        console.error(InterruptedRunError("stopped; the cache stays usable"))
        return InterruptedRunError.code
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does; what is left to flush goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
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


def _app_status() -> int:
    try:
        app(standalone_mode=True)
    except SystemExit as left:
        # typer answers Ctrl-C itself, by leaving with this status and without a word.
        if left.code == InterruptedRunError.code:
            raise KeyboardInterrupt from None
        return left.code if isinstance(left.code, int) else 1
    return 0


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
