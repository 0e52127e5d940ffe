"""Workers that judge many modules end with the process that started them, however that ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli import started
from tests.modules import module

ROOT = Path(__file__).parents[2]
_JUDGE = """
import sys
from pathlib import Path
from rkmbuild.verdict import batch
from tests.modules import kernel
try:
    list(batch.judge([Path(sys.argv[1])] * 20_000, kernel(), jobs=2))
except KeyboardInterrupt:
    print("stopped")
"""


def _children(parent: int) -> list[int]:
    try:
        listed = [file.read_text() for file in Path(f"/proc/{parent}/task").glob("*/children")]
    except OSError:
        return []
    return [int(child) for text in listed for child in text.split()]


def _is_over(process: int) -> bool:
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"


def _within(seconds: float, is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_the_workers_end_with_their_parent(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "a.ko").write_bytes(bytes(module()))
    with started(
        [sys.executable, "-c", _JUDGE, tmp_path / "a.ko"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        # One is what looks after the resources of all; the others have only just begun.
        assert _within(30, lambda: len(_children(process.pid)) == 3)
        workers = _children(process.pid)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        told = process.communicate(timeout=30)[0]
    # Of one that was killed outright Python's own processes have something to say.
    assert told == b"stopped\n" or number == signal.SIGKILL
    assert _within(30, lambda: all(map(_is_over, workers)))
