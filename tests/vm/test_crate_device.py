"""A misc device that does all that one can, used by a program in the guest."""

import subprocess
from pathlib import Path

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

OPENED = (
    "until test -e /dev/rkm-device; do :; done;"
    " exec 3<> /dev/rkm-device; while test -e /dev/rkm-device; do :; done;"
    " echo still there >&3; cat <&3"
)
SCRIPT = (
    "insmod /device.ko",
    "stat -c '%A' /dev/rkm-device",
    "/exercise",
    "rmmod device",
    "test ! -e /dev/rkm-device",
    # Somebody opens the device before the load fails, and keeps it open beyond.
    f"({OPENED}) & insmod /device.ko fails=1; echo over; wait",
)


def test_a_misc_device_does_all_that_one_can(kernel: KernelTree, tmp_path: Path) -> None:
    root = crate_guest.MODULES / "device"
    module = crate_guest.build(root, kernel)
    program = tmp_path / "exercise"
    flags = ["-static", "-Wall", "-Wno-nonnull", "-pthread"]
    subprocess.run(["gcc", *flags, "-o", program, root / "exercise.c"], check=True)
    result = crate_guest.run(
        kernel, {"device": module}, SCRIPT, files={"exercise": program}, cpus=2
    )
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.steps[2].lines == ("all well",)
    assert result.statuses == (0,) * len(SCRIPT)
    assert result.steps[5].lines == (
        "still there",
        "insmod: can't insert '/device.ko': No such device",
        "over",
    )
    said = crate_guest.texts(result, 2)
    assert any(line.startswith("misc rkm-device: opened by ") for line in said), said
    assert "device: closed" in said
