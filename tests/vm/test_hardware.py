"""Devices and ACPI tables are there in a guest, for drivers to find."""

from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.base.errors import MachineError
from rkmbuild.guest import boot
from rkmbuild.guest.hardware import Hardware
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests import aml

_PATIENCE = 60.0


def _kept() -> set[Path]:
    return set((paths.cache_dir() / "frozen-guest").glob("*/state"))


def test_a_guest_has_the_devices_and_the_tables_that_it_is_given(kernel_6_12: KernelTree) -> None:
    properties = {"compatible": "a-device", "label": "its name"}
    table = aml.device("LNUXBEEF", (0xFED00000, 0x1000), properties)
    asked = Hardware(devices=("pci-testdev", "edu"), acpi_tables=(table,))
    script = (
        "cat /sys/bus/pci/devices/*/device",
        "cat /sys/bus/platform/devices/LNUXBEEF:00/modalias",
        "cat /proc/iomem",
    )
    before = _kept()
    for _ in range(2):
        # What is kept of a machine would not have the addresses of these devices.
        result = boot.boot(kernel_6_12, files={}, script=script, hardware=asked, timeout=_PATIENCE)
        assert result.outcome is Outcome.FINISHED
        assert not result.troubles
        found, alias, memory = (step.lines for step in result.steps)
        assert {"0x0005", "0x11e8"} <= set(found)
        assert alias == ("acpi:LNUXBEEF:",)
        assert any("fed00000-fed00fff" in line for line in memory), memory
    assert _kept() == before


def test_a_device_that_qemu_does_not_know_is_told_in_its_words(kernel_6_12: KernelTree) -> None:
    with pytest.raises(MachineError) as caught:
        boot.boot(kernel_6_12, files={}, script=(), hardware=Hardware(devices=("no-such-thing",)))
    assert "no-such-thing" in f"{caught.value}\n{caught.value.output}\n{caught.value.hint}"
