"""Where groups of tests run: on this machine (`local`), or wherever guests can be booted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rkmbuild.testing.results import TestResult
from rkmbuild.testing.script import Group


@dataclass(frozen=True, kw_only=True)
class Job:
    """A group of tests that is to run, in one guest after the other.

    Attributes:
        group: The tests. Its image and files are paths on the machine that asks: an executor
            elsewhere sends what they hold.
        timeout: Seconds that each test may take.
    """

    group: Group
    timeout: float


# Called with the number of a job and the result of one of its tests.
OnResult = Callable[[int, TestResult], None]


class Executor(Protocol):
    """Where jobs run, as many at a time as there are slots.

    Results come without their traces decoded: the debug information is with who asks, and so is
    that work. `base.wire` makes bytes of them and back.
    """

    @property
    def slots(self) -> int:
        """How many jobs run at a time."""

    def run(self, jobs: Sequence[Job], on_result: OnResult) -> tuple[int, ...]:
        """Run all jobs, and return how many guests each took.

        If one cannot run, or we are interrupted, the others are cancelled.

        Args:
            jobs: The jobs.
            on_result: Called with each result as it comes, perhaps by several threads at once.

        Raises:
            MachineError: a guest cannot be started.
        """

    def cancel(self) -> None:
        """End what runs, start nothing more, and return when all is ended."""
