"""How a guest ends, on machines that say what real ones said and are never off by themselves."""

import math
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

import pytest

from rkmbuild.guest import attempt, transcript
from rkmbuild.guest.accel import Accel
from rkmbuild.guest.attempt import Attempt
from rkmbuild.guest.machine import Machine, Source
from rkmbuild.guest.result import Outcome

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_SCRIPT = ("true", "echo said >/dev/kmsg; exit 3")
_TCG = Accel(name="tcg", reason="a test", proven=True)


class _Recorded:
    """A machine that says these lines of its log, and then nothing, for as long as it is asked."""

    def __init__(self, lines: list[str]) -> None:
        self.errors = ""
        self.pressed = ""
        self.ended = False
        self._lines = lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended = True

    def lines(self, until: Callable[[], float]) -> Iterator[tuple[Source, str]]:
        while self._lines:
            yield Source.LOG, self._lines.pop(0)
        while time.monotonic() < until():
            assert until() < time.monotonic() + 60, "nothing would end it"

    def status(self) -> int | None:
        return None

    def press(self, key: str) -> None:
        self.pressed += key


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "_SILENCE_SECONDS", 0.01)
    monkeypatch.setattr(attempt, "_LAST_WORDS", 0.01)
    monkeypatch.setattr(transcript, "_HALT_SECONDS", 0.01)


@pytest.fixture(params=["6.1", "6.12"])
def halting(request: pytest.FixtureRequest) -> tuple[Attempt, list[str]]:
    """An attempt, and what the log of a kernel that cannot power off was to it."""
    text = (_LOGS / f"no_power_off-{request.param}.txt").read_text()
    found = re.search(r"([0-9a-f]{16}) alive", text)
    assert found
    tried = Attempt(_SCRIPT, on_line=None, on_message=None, on_step=None)
    return tried, text.replace(found[1], tried.nonce).splitlines()


def _machine(lines: list[str]) -> tuple[Machine, _Recorded]:
    recorded = _Recorded(lines)
    return recorded, recorded


def test_a_guest_that_halts_is_ended_and_its_script_counts(
    halting: tuple[Attempt, list[str]],
) -> None:
    tried, lines = halting
    machine, recorded = _machine(lines)
    result = tried.in_machine(machine, timeout=3600, step_timeout=None, chosen=_TCG)
    assert result
    assert result.outcome is Outcome.FINISHED
    assert result.statuses == (0, 3)
    assert recorded.ended
    assert recorded.pressed == ""


def test_a_guest_that_halts_in_a_command_has_crashed(halting: tuple[Attempt, list[str]]) -> None:
    tried, lines = halting
    begun = next(n for n, line in enumerate(lines) if line.endswith("begin 0001"))
    machine, recorded = _machine([*lines[: begun + 1], lines[-1]])
    result = tried.in_machine(machine, timeout=math.inf, step_timeout=3600, chosen=_TCG)
    assert result
    assert result.outcome is Outcome.CRASHED
    assert result.statuses == (0, None)
    assert recorded.pressed == ""


def test_a_guest_that_says_nothing_more_in_its_time_hangs(
    halting: tuple[Attempt, list[str]],
) -> None:
    tried, lines = halting
    begun = next(n for n, line in enumerate(lines) if line.endswith("begin 0001"))
    machine, recorded = _machine(lines[: begun + 1])
    result = tried.in_machine(machine, timeout=0.05, step_timeout=None, chosen=_TCG)
    assert result
    assert result.outcome is Outcome.HANG
    # It was asked what it waits for, and what its processors do.
    assert recorded.pressed == "wl"


def test_only_a_guest_whose_init_said_nothing_did_not_get_to_it(
    halting: tuple[Attempt, list[str]],
) -> None:
    tried, lines = halting
    alive = next(n for n, line in enumerate(lines) if line.endswith(" alive"))
    machine, recorded = _machine(lines[:alive])
    assert tried.in_machine(machine, timeout=3600, step_timeout=None, chosen=_TCG) is None
    assert tried.silent
    assert recorded.ended
