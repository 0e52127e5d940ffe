"""Probes and notifier chains, in a booted kernel."""

from typing import TYPE_CHECKING

import pytest

from rkmbuild.run.result import Outcome
from tests.vm import crate_guest

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelTree

SCRIPT = (
    "insmod /hooks.ko",
    "mkdir /a /b /c; mkdir /a; test -d /a",
    "insmod /params.ko && rmmod params",
    "rmmod hooks",
    "mkdir /d && insmod /params.ko && rmmod params",
    "insmod /hooks.ko",
)


@pytest.mark.parametrize("kernel", ["kernel_6_1", "kernel_6_12"])
def test_probes_count_and_notifiers_tell_until_they_are_dropped(
    kernel: str, request: pytest.FixtureRequest
) -> None:
    tree: KernelTree = request.getfixturevalue(kernel)
    modules = {
        name: crate_guest.build(crate_guest.MODULES / name, tree) for name in ("hooks", "params")
    }
    result = crate_guest.run(tree, modules, SCRIPT)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(SCRIPT)

    def said(*steps: int) -> list[str]:
        lines = crate_guest.texts(result, *steps)
        return [line for line in lines if line.startswith("hooks: ") and "taint" not in line]

    # 0 is MODULE_STATE_LIVE, 1 COMING, 2 GOING.
    nothing = "Some(ENOENT) Some(ENOENT) Some(EINVAL) Some(ENOENT)"
    assert said(0) == [f"hooks: probes of nothing: {nothing}", "hooks: module 0"]
    assert said(2) == ["hooks: module 1", "hooks: module 0", "hooks: module 2"]
    # busybox makes a directory with all permissions and changes them afterwards. EEXIST is 021.
    assert said(3) == [
        "hooks: kprobe: 4, 777",
        "hooks: kretprobe: 3, 777",
        "hooks: kretprobe failed: 1, 21",
        "hooks: ftrace: 3, 777",
        "hooks: sys_enter: 4, 777",
        "hooks: sys_exit: 1, 21",
        "hooks: others ran: true",
        "hooks: missed: 0",
    ]
    assert said(4) == []
    # SYS_POWER_OFF: the guest's end.
    assert "hooks: reboot 3" in [message.text for message in result.log]
