"""The only place that starts processes.

A process gets an argument list, an environment that we chose, no standard input, and a process
group of its own, so that an interrupted run leaves nothing behind.
"""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base.errors import BuildError, RkmbuildError, StorageError, ToolchainError
from rkmbuild.base.tool_environment import tool_environment

# The signals that ask us to end, with all that we started.
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_running: set[subprocess.Popen[bytes]] = set()
_running_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Completed:
    """A process that ended.

    Attributes:
        argv: The command, as it was started.
        returncode: Exit status; negative for a signal, as in `subprocess`.
        stdout: Standard output, decoded as UTF-8 with surrogate escapes; empty if not kept.
        stderr: Standard error, likewise.
        seconds: Wall time.
    """

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str
    seconds: float


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    doing: str,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    success: Sequence[int] = (0,),
    show: bool = False,
    timeout: float | None = None,
    stdin: bytes | None = None,
    failure: type[RkmbuildError] = BuildError,
    hint: str | None = None,
    keep_open: Sequence[int] = (),
) -> Completed:
    """Run a command to its end.

    Args:
        argv: The command and its arguments.
        doing: What this is for, as in "running bindgen"; part of the message if it fails.
        env: Its environment; `tool_environment()` where None.
        cwd: Its working folder.
        success: Exit statuses that are no failure.
        show: Let its standard error through to ours as it comes, untouched, instead of keeping it.
        timeout: Seconds after which it is stopped, which counts as a failure.
        stdin: What it reads; nothing where None.
        failure: What to raise if it fails.
        hint: What the user could try if it fails.
        keep_open: File descriptors that it inherits.

    Raises:
        ToolchainError: the program is not there.
        RkmbuildError: `failure`, where the exit status is not in `success`.
    """
    command = tuple(os.fspath(part) for part in argv)
    started = time.monotonic()
    with _started(
        command, env=env, cwd=cwd, stdin=stdin is not None, show=show, keep_open=keep_open
    ) as process:
        try:
            done = _completed(process, command, started, stdin=stdin, timeout=timeout)
        except subprocess.TimeoutExpired as expired:
            _stop(process)
            said = (expired.stderr or b"").decode(errors="surrogateescape")
            message = f"{doing}: {command[0]} did not finish within {timeout:g} s"
            raise failure(message, hint=_again(command, cwd), output=said) from None
    if done.returncode not in success:
        raise failed(done, doing=doing, failure=failure, cwd=cwd, hint=hint)
    return done


@contextlib.contextmanager
def beside(
    argv: Sequence[str], *, env: Mapping[str, str] | None = None, keep_open: Sequence[int] = ()
) -> Iterator[Callable[[], Completed]]:
    """Run a command while the body does other things; what it is given waits for its end.

    The command is stopped when the body is left before that.

    Args:
        argv: The command.
        env: Its environment; `tool_environment()` where None.
        keep_open: Descriptors that it keeps open.

    Raises:
        ToolchainError: the program is not there.
    """
    command = tuple(argv)
    started = time.monotonic()
    process = popen(command, env=env, stderr=subprocess.PIPE, keep_open=keep_open)
    try:
        yield lambda: _completed(process, command, started)
    finally:
        stop(process)
        for pipe in filter(None, (process.stdout, process.stderr)):
            pipe.close()  # of one that nobody waited for


def _completed(
    process: subprocess.Popen[bytes],
    command: tuple[str, ...],
    started: float,
    *,
    stdin: bytes | None = None,
    timeout: float | None = None,
) -> Completed:
    out, err = process.communicate(stdin, timeout=timeout)
    return Completed(
        argv=command,
        returncode=process.returncode,
        stdout=(out or b"").decode(errors="surrogateescape"),
        stderr=(err or b"").decode(errors="surrogateescape"),
        seconds=time.monotonic() - started,
    )


def failed(
    done: Completed,
    *,
    doing: str,
    failure: type[RkmbuildError] = BuildError,
    cwd: Path | None = None,
    hint: str | None = None,
) -> RkmbuildError:
    """Return the error for a process that failed: its own words first, then ours."""
    name = Path(done.argv[0]).name
    if done.returncode < 0:
        how = f"was ended by {signal.Signals(-done.returncode).name}"
    else:
        how = f"failed with exit status {done.returncode}"
    said = "\n".join(part.rstrip("\n") for part in (done.stdout, done.stderr) if part.strip())
    if "No space left on device" in said:
        return StorageError(f"{doing}: {name} found no space left on the disk", output=said)
    again = _again(done.argv, cwd)
    return failure(
        f"{doing}: {name} {how}", hint=f"{hint}\n{again}" if hint else again, output=said
    )


def _again(argv: Sequence[str], cwd: Path | None) -> str:
    place = f"cd {shlex.quote(str(cwd))} && " if cwd else ""
    return f"to repeat it by hand: {place}{shlex.join(argv)}"


@contextlib.contextmanager
def _started(
    command: tuple[str, ...],
    *,
    env: Mapping[str, str] | None,
    cwd: Path | None,
    stdin: bool,
    show: bool,
    keep_open: Sequence[int],
) -> Iterator[subprocess.Popen[bytes]]:
    process = popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=None if show else subprocess.PIPE,
        keep_open=keep_open,
    )
    try:
        yield process
    except BaseException:
        _stop(process)
        raise
    finally:
        with _running_lock:
            _running.discard(process)


def popen(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = subprocess.PIPE,
    stderr: int | None = subprocess.STDOUT,
    own_group: bool = True,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process and return at once; `stop` ends it, and so does `stop_all`.

    Args:
        own_group: Give it a process group of its own; off for one that uses our terminal.
        keep_open: File descriptors that it inherits.

    Raises:
        ToolchainError: the program is not there or may not be run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        with _noted_before_interrupts():
            process = subprocess.Popen(
                list(command),
                env=dict(tool_environment() if env is None else env),
                cwd=cwd,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                process_group=0 if own_group else None,
                pass_fds=keep_open,
            )
            with _running_lock:
                _running.add(process)
    except FileNotFoundError as error:
        missing = command[0] if error.filename in (None, command[0]) else str(error.filename)
        raise ToolchainError(
            f"{missing} was not found", hint="`rkmbuild doctor` says what installs it"
        ) from None
    except PermissionError:
        raise ToolchainError(f"{command[0]} cannot be run: permission denied") from None
    except OSError as error:  # no program for this machine, no memory, too many arguments
        raise ToolchainError(f"{command[0]} cannot be run: {error.strerror}") from None
    return process


@contextlib.contextmanager
def _noted_before_interrupts() -> Iterator[None]:
    """Hold back signals that ask us to stop until a process that was begun is in the list.

    A handler's exception between the two would leave it behind: Ctrl-C does not reach its group.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers run in the main thread
        return
    came: list[signal.Signals] = []
    # What is ignored, as nohup wishes it, stays so for the process as well.
    before = {
        number: signal.signal(number, lambda number, _frame: came.append(signal.Signals(number)))
        for number in ENDING
        if signal.getsignal(number) not in (None, signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came:
            signal.raise_signal(number)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process started by `popen`, and forget it."""
    _stop(process)
    with _running_lock:
        _running.discard(process)


def stop_all() -> None:
    """End every process that is still running; for an interrupted run with several threads."""
    with _running_lock:
        processes = list(_running)
    for process in processes:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for number, patience in ((signal.SIGTERM, 3.0), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # A group of its own has the process's number; one that shares ours is ended alone.
            if os.getpgid(process.pid) == process.pid:
                os.killpg(process.pid, number)
            else:
                process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
