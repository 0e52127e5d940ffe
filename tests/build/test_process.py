"""Processes of ours, and what becomes of them when we are asked to stop."""

import signal
import subprocess
from typing import Any

import pytest

from rkmbuild.base import process


def test_a_process_that_had_just_begun_when_we_were_interrupted_is_ended_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, begun = subprocess.Popen, []

    def interrupted(*words: Any, **options: Any) -> Any:
        begun.append(begin(*words, **options))
        signal.raise_signal(signal.SIGINT)
        return begun[0]

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        process.popen(["sleep", "60"])
    process.stop_all()
    (child,) = begun
    try:
        assert child.poll() == -signal.SIGTERM
    finally:
        child.kill()
    assert signal.getsignal(signal.SIGINT) is before
