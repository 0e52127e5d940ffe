"""What safe code can do wrong with the crate: the kernel lives, and what it may call stays."""

import re

from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

LOADED = "grep -q '^outlives ' /proc/modules"
OPEN = (
    "until test -c /dev/outlives; do :; done; exec 3< /dev/outlives;"
    " until grep -q x /end; do :; done"
)
SAID = "until dmesg | grep -q '{}'; do usleep 100000; done"
SCRIPT = {
    "plain": "insmod /outlives.ko && rmmod outlives",
    "race": "insmod /outlives.ko way=race && rmmod outlives",
    # Where the process sees no /proc.
    "twice": "mkdir -p /jail/bin && cp /bin/busybox /outlives.ko /jail &&"
    " chroot /jail /busybox insmod /outlives.ko way=twice && rmmod outlives",
    "sleep": "insmod /outlives.ko way=sleep && rmmod outlives",
    "work": f"insmod /outlives.ko way=work && rmmod outlives && ! {LOADED}",
    # A file that is open when init fails keeps the load, until that is killed.
    "held": f"(touch /end; {OPEN}) & insmod /outlives.ko way=held & load=$!; "
    + SAID.format("waiting, until insmod is killed")
    + f"; kill $load; wait $load; {LOADED} && rmmod outlives; echo x > /end; wait;"
    " test ! -e /dev/outlives && rmmod outlives",
    # All that there is, leaked: the same, and then the unloading stays.
    "leak": "insmod /outlives.ko way=leak & load=$!; "
    + SAID.format("alive: 1 of kernel::time::timer::Timer")
    + f"; kill -9 $load; wait $load; {LOADED}",
    "stays": "(rmmod outlives; echo unloaded) & " + SAID.format("not unloaded"),
    # It was told to go, so nobody comes in any more; but what runs, runs.
    "lives": "cat /proc/outlives /sys/kernel/outlives/number /proc/sys/dev/outlives/number"
    " /sys/kernel/debug/outlives/scope/number; cat /dev/outlives-leaked;"
    f" mkdir /mnt && mount -t outlivesfs none /mnt; insmod /outlives.ko; {LOADED}",
}
# Of which there are so many, not counting what drops itself.
KINDS = {
    "chrdev::Registration": 1,
    "cpu::hotplug::State": 1,
    "debugfs::file::File": 1,
    "debugfs::scope::Scope": 1,
    "filesystem::Registration": 1,
    "ftrace::FtraceOps": 1,
    "kprobe::Kprobe": 1,
    "kprobe::ret::Kretprobe": 1,
    "kthread::KThread": 2,
    "miscdevice::MiscDeviceRegistration": 1,
    "notifier::Notifier": 1,
    "proc_fs::Entry": 1,
    "sysctl::Table": 1,
    "sysfs::File": 1,
    "time::hrtimer::pointer::HrTimerHandle": 2,
    "time::timer::Timer": 1,
    "tracepoint::TracepointProbe": 1,
    "workqueue::OwnedQueue": 1,
}


def _line(mark: str) -> str:
    source = crate_guest.MODULES / "outlives" / "src" / "misuse.rs"
    lines = source.read_text().splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if line.endswith(f"// place: {mark}"))
    return f"src/misuse.rs:{number}"


def test_what_safe_code_does_wrong_does_not_take_the_kernel_down(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "outlives", kernel)
    result = crate_guest.run(kernel, {"outlives": module}, list(SCRIPT.values()), cpus=2)
    said = {
        way: [line for line in crate_guest.texts(result, step) if "taint" not in line]
        for step, way in enumerate(SCRIPT)
    }
    printed = dict(zip(SCRIPT, (step.lines for step in result.steps), strict=True))
    assert result.statuses == (0,) * len(SCRIPT), (printed, said, result.troubles)

    assert said["plain"] == []
    # Started anew meanwhile, it is not put off; the kernel would warn where it looks at all.
    assert said["race"] == ["outlives: put off by 0"]
    assert said["twice"] == ["outlives: second ones: Some(EEXIST) Some(EEXIST)"]
    reports = [line for line in said["sleep"] if "sleeping function" in line]
    at = "BUG: sleeping function called from invalid context at "
    if kernel.config.on("DEBUG_ATOMIC_SLEEP"):
        # The kernel looks by itself as well, and tells one of them a second (___might_sleep).
        assert reports[0] == f"{at}{_line('lock')}"
        assert {line.removeprefix(at).partition("/")[0] for line in reports} <= {"src", "kernel"}
    elif kernel.config.on("PREEMPT_COUNT"):
        assert reports[:2] == [f"{at}{_line('lock')}", f"{at}{_line('rcu')}"]
        assert len(reports) == 3, reports
    else:  # nothing counts locks there
        assert reports == []
    others = [each.name for each in result.troubles if "sleeping function" not in each.title]
    # lockdep sees a mutex taken under a spinlock, too; after that it looks no more.
    wanted = ["lock-wait-context"] if kernel.config.on("PROVE_LOCKING") else []
    assert others == wanted, result.troubles
    assert len(result.troubles) == len(reports) + len(others)
    assert sorted(said["work"]) == ["outlives: done in time", *["outlives: work done"] * 2]

    kept = "outlives: init failed (-19), and its code is still used: it stays until rmmod"
    assert said["held"][-1] == kept
    # The shell may say before that a process was terminated.
    busy = "rmmod: can't unload module 'outlives': Resource temporarily unavailable"
    assert printed["held"][-1] == busy
    assert kept in said["leak"]
    # Named by type, once for the load and once for the unloading.
    alive = re.compile(r"outlives: alive: (\d+) of kernel::(.*)")
    for way in ("leak", "stays"):
        found = {match[2]: int(match[1]) for line in said[way] if (match := alive.fullmatch(line))}
        assert found == KINDS, said[way]
    # A device that is kept beyond its registration still knows its class.
    assert "outlives outlives0: kept" in said["leak"]
    assert "outlives: the thread goes on" in said["leak"]
    assert "outlives: the timer ran 1 times" in said["leak"]
    assert printed["lives"][:3] == ("running 3", "1", "2")
    gone = "cat: can't open '/sys/kernel/debug/outlives/scope/number': No such device or address"
    assert printed["lives"][3] == gone
    assert "unloaded" not in printed["stays"]
