"""A module whose functions the kernel may still call stays, whatever safe code it is made of."""

import re

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

LOADED = "grep -q '^outlives ' /proc/modules"
OPEN = (
    "until test -c /dev/outlives; do :; done; exec 3< /dev/outlives; until grep -q x /end; do :; done"
)
SAID = "until dmesg | grep -q '{}'; do usleep 100000; done"
SCRIPT = (
    "insmod /outlives.ko && rmmod outlives",
    "insmod /outlives.ko way=work && rmmod outlives && ! " + LOADED,
    # A file that is open when init fails keeps the load, until that is killed.
    f"(touch /end; {OPEN}) & insmod /outlives.ko way=held & load=$!; "
    + SAID.format("waiting, until insmod is killed")
    + "; kill $load; wait $load; "
    + LOADED
    + " && rmmod outlives; echo x > /end; wait; test ! -e /dev/outlives && rmmod outlives",
    # All that there is, leaked: the same, and then the unloading stays.
    "insmod /outlives.ko way=leak & load=$!; "
    + SAID.format("alive: 1 of kernel::time::timer::Timer")
    + "; kill -9 $load; wait $load; "
    + LOADED,
    "(rmmod outlives; echo unloaded) & " + SAID.format("not unloaded"),
    # It was told to go, so nobody comes in any more; but what runs, runs.
    "cat /proc/outlives /sys/kernel/outlives/number /proc/sys/dev/outlives/number"
    " /sys/kernel/debug/outlives/scope/number; mkdir -p /mnt; cat /dev/outlives-leaked;"
    " mount -t outlivesfs none /mnt; insmod /outlives.ko; " + LOADED,
)
KINDS = (
    "chrdev::Registration",
    "cpu::hotplug::State",
    "debugfs::file::File",
    "debugfs::scope::Scope",
    "filesystem::Registration",
    "ftrace::FtraceOps",
    "kprobe::Kprobe",
    "kprobe::ret::Kretprobe",
    "kthread::KThread",
    "miscdevice::MiscDeviceRegistration",
    "notifier::Notifier",
    "proc_fs::Entry",
    "sysctl::Table",
    "sysfs::File",
    "time::hrtimer::pointer::HrTimerHandle",
    "time::timer::Timer",
    "tracepoint::TracepointProbe",
    "workqueue::OwnedQueue",
)


def test_what_safe_code_leaves_behind_keeps_the_module(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "outlives", kernel)
    result = crate_guest.run(kernel, {"outlives": module}, SCRIPT, cpus=2)
    said = [crate_guest.texts(result, step) for step in range(len(SCRIPT))]
    assert result.outcome is Outcome.FINISHED, result.log
    assert not result.troubles
    assert result.statuses == (0,) * len(SCRIPT), (result.steps, said)
    assert sorted(line for line in said[1] if "taint" not in line) == [
        "outlives: done in time",
        "outlives: work done",
        "outlives: work done",
    ]
    assert (
        "outlives: init failed (-19), and its code is still used: it stays until rmmod" in said[2]
    )
    assert result.steps[2].lines == (
        "rmmod: can't unload module 'outlives': Resource temporarily unavailable",
    )
    # Named by type, once for the load and once for the unloading.
    alive = re.compile(r"outlives: alive: 1 of kernel::(.*)")
    for step in (3, 4):
        found = [match[1] for line in said[step] if (match := alive.fullmatch(line))]
        assert sorted(found) == sorted(KINDS), said[step]
    assert "outlives outlives0: kept" in said[3]
    assert result.steps[5].lines[:4] == ("running 3", "1", "2", "4"), result.steps[5]
    assert "unloaded" not in "".join(result.steps[4].lines)
