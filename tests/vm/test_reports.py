"""What kernels report of a module in C, and live on after: each report once, with its stacks."""

import pytest

from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.guest.trial import insert
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import collected
from tests.vm import c_modules

# Each way of tests/data/modules/reports.c, and what comes of it.
WAYS = {
    "refcount": ["refcount"],
    "refcount-leak": ["refcount-leak"],
    "same-name": ["sysfs", "kobject"],
    "kobject": ["kobject-init"],
    "too-much": ["warning", "page-allocation", "warning"],
    # The preemption that it leaves behind is told as well.
    "atomic": ["scheduling", "warning"],
    "overrun": ["slub"],
    "twice": ["slub"],
    "dump": ["trace"],
}


@pytest.fixture(scope="module")
def reported(kernel: KernelTree) -> dict[str, list[Report]]:
    """The reports of each way, from one guest."""
    module = c_modules.built(kernel) / "reports.ko"
    done = boot.boot(
        kernel,
        files={"/reports.ko": module},
        script=[f"{insert('/reports.ko', [f'how={way}'])} || true" for way in WAYS],
        append="slub_debug=FZPU,kmalloc-64",
    )
    assert done.outcome is Outcome.CRASHED
    assert not any(trouble.early for trouble in done.troubles)
    return {
        way: collected(message.text for message in done.printed(number))
        for number, way in enumerate(WAYS)
    }


@pytest.mark.parametrize("way", WAYS)
def test_each_is_one_report_with_the_function_that_did_it(
    reported: dict[str, list[Report]], way: str
) -> None:
    found = reported[way]
    # Of a list of free objects that is damaged 6.1 tells once more.
    assert list(dict.fromkeys(report.name for report in found)) == list(dict.fromkeys(WAYS[way]))
    assert any(frame.module == "reports" for frame in found[0].frames)


def test_who_allocated_and_who_freed_memory_is_told(
    reported: dict[str, list[Report]],
) -> None:
    overrun, twice = reported["overrun"][0], reported["twice"][0]
    assert "Right Redzone overwritten" in overrun.title
    assert "Object already free" in twice.title
    titles = [stack.title.partition("+")[0] for stack in twice.others]
    assert titles == ["Allocated in twice", "Freed in twice"]
    (made,) = (stack for stack in overrun.others if stack.title.startswith("Allocated in overrun+"))
    # Where the function itself is the title, 6.1 begins with who called it.
    for stack in (made, *twice.others):
        assert "reports_init" in [frame.symbol for frame in stack.frames]
