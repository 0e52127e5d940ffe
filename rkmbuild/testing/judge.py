"""What a guest's commands say of the tests that they belong to."""

import itertools
import re
from collections.abc import Sequence

from rkmbuild.guest.result import Step
from rkmbuild.klog import ktap, outcome, refusal
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.ktap import KtapStatus
from rkmbuild.klog.trouble import Trouble
from rkmbuild.testing import leaks
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.results import Status, TestResult
from rkmbuild.testing.script import Command, Role

# tools/testing/selftests/kselftest.h
_SKIP = 4

# What frames a test's result in the log; what is left is what the test had to say.
_FRAME = re.compile(r"KTAP version 1|1\.\.1|(?:not )?ok 1 .*")

# What SysRq-l shows (drivers/tty/sysrq.c).
_ALL_PROCESSORS = "sysrq: Show backtrace of all active CPUs"

Ended = tuple[Command, Step, tuple[KernelMessage, ...]]

_KTAP = {
    KtapStatus.PASSED: Status.PASSED,
    KtapStatus.FAILED: Status.FAILED,
    KtapStatus.SKIPPED: Status.SKIPPED,
    KtapStatus.TIMEOUT: Status.TIMEOUT,
    KtapStatus.ERROR: Status.ERROR,
}


def ended(case: Case, release: str, commands: Sequence[Ended]) -> TestResult:
    """Return what came of a case all of whose commands have ended, or one of them badly."""
    log = tuple(message for _, _, messages in commands for message in messages)
    troubles = outcome.troubles(log)
    fatal = [trouble for trouble in troubles if trouble.fatal]
    output = tuple(line for _, step, _ in commands for line in step.lines)
    if fatal:
        status, message = Status.CRASHED, _crash(troubles, log)
    elif bad := next((c for c in commands if c[0].role is not Role.TEST and c[1].status), None):
        status, message = Status.ERROR, refused(*bad)
    elif case.kind is CaseKind.KERNEL:
        status, message, output, log = _of_function(case, commands[-1])
    elif case.kind is CaseKind.CYCLES:
        status, message, output = _of_cycles(case, commands)
        log = ()  # what the module says each time it comes and goes
    else:
        status, message = _of_program(_test(commands)[1])
    return TestResult(
        case=case,
        release=release,
        status=status,
        message=message,
        seconds=sum(step.seconds or 0.0 for _, step, _ in commands),
        output=output,
        log=log,
        troubles=troubles,
    )


def cut_short(
    case: Case,
    release: str,
    commands: Sequence[Ended],
    *,
    module: str,
    timeout: float | None,
) -> TestResult:
    """Return what came of a case during which its guest died, or was ended after `timeout`."""
    command, _, messages = commands[-1]
    said = [message for _, _, during in commands for message in during]
    log = _without_idling([message for message in said if not _FRAME.fullmatch(message.text)])
    troubles = outcome.troubles(log)
    when = {Role.LOAD: "while the module was loaded", Role.UNLOAD: "while the module was unloaded"}
    place = when.get(command.role, "")
    if timeout is not None:
        where = outcome.where(module, messages)
        told = f"not over after {timeout:g} s" + (f"; it was in {where}" if where else "")
    else:
        told = _crash(troubles, log)
    return TestResult(
        case=case,
        release=release,
        status=Status.CRASHED if timeout is None else Status.TIMEOUT,
        message=f"{told} ({place})" if place else told,
        output=tuple(line for _, step, _ in commands for line in step.lines),
        log=log,
        troubles=troubles,
    )


def refused(command: Command, step: Step, messages: Sequence[KernelMessage]) -> str:
    """Return why a module was not loaded, or not unloaded."""
    reason, _ = refusal.told([message.text for message in messages], " ".join(step.lines))
    verb = "unload" if command.role is Role.UNLOAD else "load"
    return f"the kernel refused to {verb} the module: {reason}"


def _without_idling(log: Sequence[KernelMessage]) -> tuple[KernelMessage, ...]:
    """Leave out the answer to the last SysRq key where the processor had nothing to do."""
    start = next((n for n, m in enumerate(log) if m.text.startswith(_ALL_PROCESSORS)), len(log))
    idle = any("Comm: swapper/" in message.text for message in log[start:])
    return tuple(log[:start] if idle else log)


def _crash(troubles: Sequence[Trouble], log: Sequence[KernelMessage]) -> str:
    """Return what a crash was, in a line: a panic of Rust code in its own words."""
    panic = re.compile(r"\S+: (panicked at .*):")
    for first, second in itertools.pairwise(log):
        found = panic.fullmatch(first.text)
        if found:
            return f"{found[1]}: {second.text}"
    return outcome.downfall(troubles, log)


def _test(commands: Sequence[Ended]) -> Ended:
    return next(each for each in commands if each[0].role is Role.TEST)


def _of_function(
    case: Case, command: Ended
) -> tuple[Status, str, tuple[str, ...], tuple[KernelMessage, ...]]:
    _, step, log = command
    report = ktap.parse(message.text for message in log)
    result = next((r for r in report.results if r.name == case.id), None) if report else None
    if step.status or result is None:
        return Status.ERROR, "the module did not run it", step.lines, log
    said = tuple(line.removeprefix("# ") for line in result.lines if line.startswith("#"))
    rest = tuple(m for m in log if not m.text.startswith("#") and not _FRAME.fullmatch(m.text))
    status = _KTAP[result.outcome]
    message = "" if status is Status.PASSED or not said else said[0].removeprefix("SKIP ")
    return status, message, said, rest


def _of_program(step: Step) -> tuple[Status, str]:
    last = next((line.strip() for line in reversed(step.lines) if line.strip()), "")
    if step.status == _SKIP:
        return Status.SKIPPED, last
    if step.status:
        number = step.status - 128
        how = f"signal {number}" if 0 < number < 65 else f"exit status {step.status}"
        return Status.FAILED, how
    report = ktap.parse(step.lines)
    bad = sum(not _KTAP[result.outcome].good for result in report.results) if report else 0
    if bad:
        return Status.FAILED, f"exit status 0, but {bad} of its own results say `not ok`"
    return Status.PASSED, ""


def _of_cycles(case: Case, commands: Sequence[Ended]) -> tuple[Status, str, tuple[str, ...]]:
    counts = [step.lines for command, step, _ in commands if command.role is Role.TEST]
    try:
        memory = [leaks.read(lines) for lines in counts]
    except ValueError as error:
        return Status.ERROR, str(error), ()
    found = leaks.found(memory, leaks.halves(case.count))
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        return Status.FAILED, f"memory leaks: {found[0]}{more}", tuple(found)
    return Status.PASSED, "", ()
