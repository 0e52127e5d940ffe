"""All tests of a project at once, and their end where one of the guests cannot be had."""

import threading
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rkmbuild.base import process
from rkmbuild.base.errors import MachineError
from rkmbuild.testing import guests, session
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.executor import Job, OnResult
from rkmbuild.testing.local import LocalExecutor
from rkmbuild.testing.results import Status, TestResult

_PATIENCE = 10.0


def _jobs(*groups: Any) -> list[Job]:
    return [Job(group=group, timeout=1.0) for group in groups]


def test_a_guest_that_starts_when_all_are_to_end_is_ended_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, asked, started, ended = (threading.Event() for _ in range(4))

    def run(group: Any, **_: Any) -> int:
        if group.fails:
            begun.wait(_PATIENCE)
            raise MachineError("there is no emulator")
        begun.set()
        asked.wait(_PATIENCE)  # its root file system is made while all are told to end
        started.set()
        return int(ended.wait(_PATIENCE))

    def stop_all() -> None:
        asked.set()
        if started.is_set():
            ended.set()

    monkeypatch.setattr(guests, "run", run)
    monkeypatch.setattr(process, "stop_all", stop_all)
    with pytest.raises(MachineError):
        LocalExecutor(2).run(
            _jobs(SimpleNamespace(fails=True), SimpleNamespace(fails=False)), lambda *_: None
        )
    assert started.is_set()
    assert ended.is_set()


def test_what_a_guest_says_that_was_ended_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    executor = LocalExecutor(1)
    running = threading.Event()

    def run(_: Any, *, on_result: Any, going_on: Any, **__: Any) -> int:
        running.set()
        while going_on():
            pass
        on_result(SimpleNamespace(status=Status.CRASHED))
        return 1

    monkeypatch.setattr(guests, "run", run)
    told: list[Any] = []
    thread = threading.Thread(
        target=executor.run, args=(_jobs(SimpleNamespace()), lambda *result: told.append(result))
    )
    thread.start()
    assert running.wait(_PATIENCE)
    executor.cancel()
    thread.join(_PATIENCE)
    assert not thread.is_alive()
    assert told == []


def test_an_executor_has_a_slot_for_each_processor_or_as_many_as_are_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    assert LocalExecutor().slots == 3
    assert LocalExecutor(7).slots == 7


class _Elsewhere:
    """An executor of another kind: each job took two guests, and its results come last first."""

    slots = 1

    def run(self, jobs: Sequence[Job], on_result: OnResult) -> tuple[int, ...]:
        for number, job in reversed(list(enumerate(jobs))):
            for case in reversed(job.group.cases):
                on_result(number, TestResult(case=case, release="6.9", status=Status.PASSED))
        return (2,) * len(jobs)

    def cancel(self) -> None:
        """Nothing runs."""


def test_results_from_anywhere_are_gathered_in_the_order_of_the_project() -> None:
    def group(*names: str) -> Any:
        return SimpleNamespace(cases=tuple(Case(kind=CaseKind.SCRIPT, name=name) for name in names))

    def built(name: str) -> Any:
        tree = SimpleNamespace(release="6.9")
        return SimpleNamespace(root=Path("/project"), name=name, tree=tree)

    told: list[str] = []
    done = session.run(
        [(built("one"), [group("a", "b"), group("c")]), (built("two"), [group("d")])],
        timeout=1,
        report=lambda of, result: told.append(f"{of.name} {result.case.name}"),
        executor=_Elsewhere(),
    )
    assert told == ["two d", "one c", "one b", "one a"]
    assert [[result.case.name for result in run.results] for run in done.runs] == [
        ["a", "b", "c"],
        ["d"],
    ]
    assert [run.guests for run in done.runs] == [4, 2]
