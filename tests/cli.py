"""The command as a user runs it, for tests that need all of it."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# A verb that ends at the twelfth letter, and what it is about; or a note.
_GOES_WELL = re.compile(r"(?=[ \w]{12} \S) *[A-Z]\w+ |note: ")


def rkmbuild(
    *words: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end; standard output and error are kept apart."""
    return subprocess.run(
        [sys.executable, "-m", "rkmbuild", *words],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@contextlib.contextmanager
def started(command: Sequence[str | Path], **options: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """Start a command, and see to it that it is gone after the body.

    `subprocess.Popen` as a context waits for the end: what a failed assertion leaves running would
    keep the whole suite from its own.
    """
    with subprocess.Popen(command, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def complaints(said: str) -> list[str]:
    """Return the lines of standard error that are not what a command says of work that goes well.

    These are progress, in the form of cargo's, and notes. A tool's warning is no such line, nor is
    whatever else a tool of ours writes there.
    """
    return [line for line in said.splitlines() if not _GOES_WELL.match(line)]


def warnings(said: str) -> list[str]:
    """Return the lines with a warning in what another tool than rkmbuild printed."""
    return [line for line in said.splitlines() if "warning" in line.lower()]
