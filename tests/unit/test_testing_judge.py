"""What a test's commands say of it, where the kernel reported something and lived on."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import UsageError
from rkmbuild.guest.boot import appended
from rkmbuild.guest.result import Step
from rkmbuild.klog import klog
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.testing import judge
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.results import Status, TestResult
from rkmbuild.testing.script import Command, Role

_LOGS = Path(__file__).parent.parent / "data" / "logs"
_CASE = Case(kind=CaseKind.SCRIPT, name="tests/writes.sh")


def _judged(log: list[KernelMessage]) -> TestResult:
    step = Step(command="sh writes.sh", status=0, lines=("all is well",), seconds=0.1)
    command = Command(text="sh writes.sh", role=Role.TEST, case=_CASE)
    return judge.ended(_CASE, "6.12", [(command, step, tuple(log))])


@pytest.mark.parametrize("kernel", ["6.1", "6.12", "7.3"])
def test_a_test_that_corrupts_memory_fails_whatever_it_says(kernel: str) -> None:
    lines = (_LOGS / f"reports-{kernel}.txt").read_text().splitlines()
    # From 6.12 on that line stands alone before the rest.
    first = next(n for n, line in enumerate(lines) if "Right Redzone overwritten" in line)
    log = [klog.parse(line, step=4) for line in lines[first:]]
    judged = _judged(log)
    assert judged.status is Status.CRASHED
    assert judged.message.startswith("BUG kmalloc-64 (")


def test_a_test_during_which_memory_is_short_passes() -> None:
    lines = (_LOGS / "reports-6.12.txt").read_text().splitlines()
    first = next(n for n, line in enumerate(lines) if "vmalloc error" in line)
    judged = _judged([klog.parse(line, step=4) for line in lines[first : first + 30]])
    assert judged.status is Status.PASSED
    assert [trouble.name for trouble in judged.troubles] == ["page-allocation"]


def test_words_for_the_kernel_are_one_text() -> None:
    assert appended([]) == ""
    assert appended(["slub_debug=FZPU  quiet", "a.b=1"]) == "slub_debug=FZPU quiet a.b=1"


@pytest.mark.parametrize("words", ["a -- b", "--", "a=\x1b[2J", "größe=1"])
def test_words_that_no_kernel_takes_are_refused(words: str) -> None:
    with pytest.raises(UsageError, match="--append"):
        appended([words])
