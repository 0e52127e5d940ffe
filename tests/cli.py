"""The command as a user runs it, for tests that need all of it."""

import os
import subprocess
import sys
from pathlib import Path


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
