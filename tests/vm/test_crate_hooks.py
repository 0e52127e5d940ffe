"""Probes and notifier chains, in a booted kernel."""

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

CPU1 = "/sys/devices/system/cpu/cpu1/online"
UNDER_WAY = (
    "(while :; do mkdir /x; rmdir /x; done) & "
    "for i in 1 2; do insmod /hooks.ko && rmmod hooks || exit 1; done; kill $!; wait; true"
)
SCRIPT = (
    "insmod /hooks.ko",
    "mkdir /a /b /c; mkdir /a; test -d /a && ! ln -s /a /l && test ! -L /l",
    "insmod /params.ko && rmmod params",
    "ifconfig lo up && ifconfig lo down",
    f"grep -q hooks:online /sys/devices/system/cpu/hotplug/states && echo 0 > {CPU1}",
    f"echo 1 > {CPU1}",
    "rmmod hooks",
    f"mkdir /d && insmod /params.ko && rmmod params && ifconfig lo up && echo 0 > {CPU1}",
    UNDER_WAY,
    "insmod /hooks.ko",
)


def test_probes_count_and_notifiers_tell_until_they_are_dropped(kernel: KernelTree) -> None:
    modules = {
        name: crate_guest.build(crate_guest.MODULES / name, kernel) for name in ("hooks", "params")
    }
    result = crate_guest.run(kernel, modules, SCRIPT, cpus=2)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(SCRIPT)

    def said(*steps: int) -> list[str]:
        lines = crate_guest.texts(result, *steps)
        return [line for line in lines if line.startswith("hooks: ") and "taint" not in line]

    nothing = (
        "Some(ENOENT) Some(ENOENT) Some(EINVAL) Some(EINVAL) Some(EINVAL) Some(EINVAL) Some(ENOENT)"
    )
    assert said(0) == [
        f"hooks: probes of nothing: {nothing}",
        "hooks: refused: Some(ENODEV)",
        'hooks: net "lo" 1 registered',
        "hooks: cpu 0 on 0",
        "hooks: cpu 1 on 1",
        'hooks: "hooks" Live',
    ]
    assert said(2) == [f'hooks: "params" {state}' for state in ("Coming", "Live", "Going")]
    assert said(3) == ['hooks: net "lo" 1 up', 'hooks: net "lo" 1 down']
    assert said(4) == ["hooks: cpu 1 off"]
    assert said(5) == ["hooks: cpu 1 on 1"]
    # busybox makes a directory with all permissions and changes them afterwards. EEXIST is 021.
    assert said(6) == [
        "hooks: kprobe: 4, 777",
        "hooks: kretprobe: 3, 777",
        "hooks: kretprobe failed: 1, 21",
        "hooks: ftrace: 3, 777",
        "hooks: gate: 1, 1",
        "hooks: second: Some(EBUSY)",
        "hooks: sys_enter: 4, 777",
        "hooks: sys_exit: 1, 21",
        "hooks: others ran: true",
        "hooks: missed: 0",
        "hooks: cpu 0 off",
        "hooks: cpu 1 off",
    ]
    assert said(7) == []
    # Without ACPI nothing powers the machine off, and the kernel halts it (kernel/reboot.c).
    how = "PowerOff" if kernel.config.on("ACPI") else "Halt"
    assert f"hooks: reboot {how}" in [message.text for message in result.log]
