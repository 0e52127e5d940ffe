"""Files that a fuzzer makes up: `check` has a verdict on each, at once and in little memory."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Longer by hand: FUZZ_SECONDS=3600
SECONDS = int(os.environ.get("FUZZ_SECONDS", "15"))


@pytest.mark.skipif(
    importlib.util.find_spec("atheris") is None,
    reason="atheris has no wheel for this release of Python",
)
def test_no_file_breaks_the_checker(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", str(SECONDS), str(tmp_path / "corpus")],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS + 120,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    found = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert found, done.stderr[-2000:]
    print(f"{found[1]} executions in {SECONDS} s")
    assert int(found[1]) > 100
