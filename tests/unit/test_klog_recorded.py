"""Reports that kernels made and lived on after, recorded: see tests/data/modules/reports.c."""

from pathlib import Path

import pytest

from rkmbuild.klog import klog, outcome
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import collected

_LOGS = Path(__file__).parent.parent / "data" / "logs"
# What 6.1 and 7.3 see as well: the same processor, by its timer or by another one.
_STALLED = {"6.1": ["rcu-stall"], "6.12": [], "7.3": ["rcu-stall", "tool"]}

every = pytest.mark.parametrize("kernel", _STALLED)


def _log(name: str, kernel: str) -> list[KernelMessage]:
    text = (_LOGS / f"{name}-{kernel}.txt").read_text()
    return [klog.parse(line) for line in text.splitlines()]


def _reports(name: str, kernel: str) -> list[Report]:
    return collected(message.text for message in _log(name, kernel))


@every
def test_each_report_is_one(kernel: str) -> None:
    assert [report.name for report in _reports("reports", kernel)] == [
        "refcount", "sysfs", "kobject", "kobject-init", "warning", "page-allocation", "warning",
        "scheduling", "warning", "soft-lockup", *_STALLED[kernel], "slub", "slub", "trace",
    ]  # fmt: skip


@every
def test_memory_that_was_corrupted_fails(kernel: str) -> None:
    fatal = {trouble.name for trouble in outcome.troubles(_log("reports", kernel)) if trouble.fatal}
    assert fatal - {"rcu-stall"} == {
        "refcount", "kobject-init", "scheduling", "soft-lockup", "slub",
    }  # fmt: skip


@every
def test_slub_tells_what_was_overwritten_and_who_asked_for_it(kernel: str) -> None:
    overrun, twice = (report for report in _reports("reports", kernel) if report.name == "slub")
    assert overrun.title.startswith("BUG kmalloc-64 (Tainted: G        W  OEL")
    assert overrun.title.endswith("Right Redzone overwritten")
    assert twice.title.endswith(": Object already free")
    assert [stack.title.partition("+")[0] for stack in twice.others] == [
        "Allocated in twice",
        "Freed in twice",
    ]
    for report in (overrun, twice):
        assert any("free" in frame.symbol for frame in report.frames)
        assert all(stack.frames[-1].symbol.startswith("entry_SYSCALL") for stack in report.others)


@pytest.mark.parametrize("kernel", ["6.12", "7.3"])
def test_kfence_tells_who_used_who_allocated_and_who_freed(kernel: str) -> None:
    first, second = _reports("kfence", kernel)
    assert first.title.startswith("BUG: KFENCE: use-after-free read in freed+0x")
    assert second.name == "kfence"
    assert first.stack.title == ""
    assert [stack.title.partition(" by task ")[0] for stack in first.others] == [
        "allocated",
        "freed",
    ]
    for stack in (first.stack, *first.others):
        assert "freed" in [frame.symbol for frame in stack.frames]
