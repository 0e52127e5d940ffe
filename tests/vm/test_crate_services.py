"""Work queues, threads and files in /proc, in a booted kernel."""

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

SCRIPT = (
    "insmod /services.ko",
    "until grep -qx 'ran 43' /proc/services; do :; done",
    "head -n 2 /proc/services; wc -l < /proc/services; stat -c %a /proc/services",
    "cat /proc/services > /dev/null & rmmod services; wait",
    "test ! -e /proc/services",
)


@pytest.mark.parametrize("cpus", [1, 2])
def test_work_and_threads_run_and_end_before_the_module_goes(kernel: KernelTree, cpus: int) -> None:
    module = crate_guest.build(crate_guest.MODULES / "services", kernel)
    result = crate_guest.run(kernel, {"services": module}, SCRIPT, cpus=cpus)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0, 0, 0, 0, 0)
    said = [text for text in crate_guest.texts(result, 0) if "taint" not in text]
    assert said == ["services: thread even", "services: turns: 200", "services: dropped 20"]
    assert result.steps[2].lines == ("ran 43", "line 0", "1001", "440")
    # A kernel of ours also says there that it goes without timers of high resolution.
    unloaded = [text for text in crate_guest.texts(result, 3) if text.startswith("services: ")]
    assert sorted(unloaded) == ["services: late work done", "services: thread told to stop"]
