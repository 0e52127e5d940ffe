"""All tests of a project at once, and their end where one of the guests cannot be had."""

import os
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rkmbuild.base import process
from rkmbuild.base.errors import MachineError
from rkmbuild.testing import guests, session


def test_a_guest_that_starts_when_all_are_to_end_is_ended_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, started, ended = threading.Event(), threading.Event(), threading.Event()

    def run(group: Any, **_: Any) -> int:
        if group.fails:
            begun.wait(5)
            raise MachineError("there is no emulator")
        begun.set()
        time.sleep(0.3)  # its root file system is made
        started.set()
        return int(ended.wait(5))

    def stop_all() -> None:
        if started.is_set():
            ended.set()

    monkeypatch.setattr(guests, "run", run)
    monkeypatch.setattr(process, "stop_all", stop_all)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    built: Any = SimpleNamespace(root=Path("/project"), name="hello")
    groups: Any = [SimpleNamespace(fails=True), SimpleNamespace(fails=False)]
    with pytest.raises(MachineError):
        session.run([(built, groups)], timeout=1, report=lambda *_: None)
    assert started.is_set()
    assert ended.is_set()
