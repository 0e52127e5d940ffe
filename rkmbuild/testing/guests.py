"""Run a group of tests in guests: a fresh one whenever a test has spoilt the last one."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rkmbuild.guest import boot
from rkmbuild.guest.result import GuestResult, Step
from rkmbuild.klog import outcome
from rkmbuild.klog.kinds import TroubleKind
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.testing import judge
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.results import Status, TestResult
from rkmbuild.testing.script import Command, Group, Role, commands

if TYPE_CHECKING:
    from rkmbuild.testing.judge import Ended

# A cycle takes some 50 ms under TCG; on a crowded machine several times as much.
_SECONDS_A_CYCLE = 1.0

# The module goes out once after all its functions; that can fail, too.
_AFTERWARDS = Case(kind=CaseKind.KERNEL, name="unloading after the tests")

OnResult = Callable[[TestResult], None]


def run(group: Group, *, timeout: float, on_result: OnResult, going_on: Callable[[], bool]) -> int:
    """Run all tests of a group and tell what came of each.

    Args:
        group: The tests.
        timeout: Seconds that each may take.
        on_result: Called with each result, as it comes.
        going_on: Asked before each guest whether to go on.

    Returns:
        How many guests that took.

    Raises:
        MachineError: a guest cannot be started.
    """
    left = list(group.cases)
    guests = 0
    while left and going_on():
        guests += 1
        turn = _Guest(group, left, timeout, on_result)
        turn.run()
        left = [case for case in left if case not in turn.told]
    return guests


class _Guest:
    """One guest, and what is known of its tests."""

    def __init__(
        self, group: Group, cases: Sequence[Case], timeout: float, on_result: OnResult
    ) -> None:
        self._group = group
        self._cases = cases
        self._script = commands(group, cases)
        self._limit = timeout + max(_SECONDS_A_CYCLE * case.count for case in cases)
        self._on_result = on_result
        self._ended: dict[Case, list[Ended]] = {case: [] for case in cases}
        self.told: set[Case] = set()

    def run(self) -> None:
        """Boot it, run the tests, and tell of each that was reached."""
        stops = {n for n, command in enumerate(self._script) if command.role is not Role.TEST}
        result = boot.boot(
            self._group.tree,
            files=self._group.files,
            script=[command.text for command in self._script],
            timeout=math.inf,
            step_timeout=self._limit,
            append=self._group.append,
            stop_on_failure=stops,
            on_step=self._take,
        )
        for number, step in enumerate(result.steps):
            # A mark in the log that a flood of messages swept away was not heard of.
            if step.status is not None:
                self._take(number, step, result.printed(number))
        self._conclude(result)
        if not self.told:
            self._all_fail("its guest ended before it was reached", self._cases)

    def _take(self, number: int, step: Step, log: tuple[KernelMessage, ...]) -> None:
        command = self._script[number]
        case = command.case
        if case is None or case in self.told:
            return
        before = self._ended[case]
        place = sum(earlier.case == case for earlier in self._script[:number])
        if len(before) < place:
            return  # one before it was not heard of; both come up when the guest has ended
        if len(before) == place:
            before.append((command, step, log))
        is_last = all(later.case != case for later in self._script[number + 1 :])
        if is_last or _is_bad(command, step):
            self._tell(judge.ended(case, self._group.tree.release, before))

    def _tell(self, result: TestResult) -> None:
        self.told.add(result.case)
        self._on_result(result)

    def _left(self, kind: CaseKind | None = None) -> list[Case]:
        left = (case for case in self._cases if case not in self.told)
        return [case for case in left if kind in (None, case.kind)]

    def _conclude(self, result: GuestResult) -> None:
        """Tell of the test that spoilt the guest, and of those that cannot be run at all."""
        steps = enumerate(zip(self._script, result.steps, strict=True))
        spoilt = [(n, c, s) for n, (c, s) in steps if s.status is None or _is_bad(c, s)]
        if not spoilt:
            return
        number, command, step = spoilt[0]
        last = (command, step, result.printed(number))
        # What is for all of them, or for all functions of the module, is the first one's matter.
        affected = self._left(CaseKind.KERNEL if command.role is not Role.PREPARE else None)
        case = command.case or next(iter(affected), _AFTERWARDS)
        if step.status is None:
            told = judge.cut_short(
                case,
                self._group.tree.release,
                [*self._ended.get(case, ()), last],
                module=self._group.module,
                timeout=self._limit if _hung(result, number) else None,
            )
            self._tell(told)
            message = told.message
        else:
            message = judge.refused(*last)
            if case not in self.told:
                release = self._group.tree.release
                self._tell(judge.ended(case, release, [last]))
        # The module would be loaded for these in the same way, in vain.
        if command.case is None:
            self._all_fail(message, affected)
        elif command.role is Role.LOAD:
            others = [other for other in self._left() if other.kind is not CaseKind.KERNEL]
            self._all_fail(message, [other for other in others if other.params == case.params])

    def _all_fail(self, message: str, cases: Sequence[Case]) -> None:
        release = self._group.tree.release
        for case in cases:
            if case not in self.told:
                self._tell(
                    TestResult(
                        case=case,
                        release=release,
                        status=Status.ERROR,
                        message=f"not run: {message}",
                    )
                )


def _hung(result: GuestResult, number: int) -> bool:
    """Tell whether a command did not come back, though its kernel lived, for all that it said.

    What an earlier test made the kernel report is that one's matter.
    """
    fatal = [trouble for trouble in outcome.troubles(result.printed(number)) if trouble.fatal]
    return result.hung and all(trouble.kind is TroubleKind.STALL for trouble in fatal)


def _is_bad(command: Command, step: Step) -> bool:
    return command.role is not Role.TEST and bool(step.status)
