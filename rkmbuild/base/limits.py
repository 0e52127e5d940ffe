"""Runs tools on what nobody vouches for: with an end to their time, memory and output."""

import contextlib
import os
import resource
import subprocess
from collections.abc import Sequence
from typing import BinaryIO

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError

# Far more than the tools need for the largest of healthy files.
MEMORY = 4 << 30
_OUTPUT = 64 << 20


def run(
    argv: Sequence[str | os.PathLike[str]],
    *,
    doing: str,
    seconds: float,
    memory: int = MEMORY,
    stdin: bytes = b"",
) -> str:
    """Run a command to its end and return what it wrote to standard output.

    Args:
        argv: The command and its arguments.
        doing: What this is for, as for `process.run`.
        seconds: The time that it may take.
        memory: Bytes that it may map.
        stdin: What it reads.

    Raises:
        ToolchainError: the program is not there.
        BuildError: it failed, or came to the end of what it may use.
    """
    command = tuple(os.fspath(part) for part in argv)
    # Files, since the kernel ends a process that writes more to one than it may, but not to a pipe;
    # in memory, since /tmp may be full, or not ours to write.
    with _file("given") as given, _file("out") as out, _file("err") as err:
        given.write(stdin)
        given.seek(0)
        child = process.popen(
            command, stdin=given.fileno(), stdout=out.fileno(), stderr=err.fileno()
        )
        try:
            _limit(child, memory)
            status = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BuildError(f"{doing}: {command[0]} did not finish within {seconds:g} s") from None
        finally:
            process.stop(child)
        said, complaints = (_whole(file) for file in (out.fileno(), err.fileno()))
    if status:
        done = process.Completed(
            argv=command, returncode=status, stdout="", stderr=complaints, seconds=0.0
        )
        raise process.failed(done, doing=doing)
    return said


def _file(name: str) -> BinaryIO:
    return os.fdopen(os.memfd_create(name), "w+b")


def _limit(child: subprocess.Popen[bytes], memory: int) -> None:
    # It has only just begun, and has read nothing yet.
    with contextlib.suppress(ProcessLookupError):
        for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, _OUTPUT)):
            resource.prlimit(child.pid, what, (most, most))


def _whole(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    with os.fdopen(os.dup(file), "rb") as opened:
        return opened.read().decode(errors="surrogateescape")
