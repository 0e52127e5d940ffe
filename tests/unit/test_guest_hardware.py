"""Devices and ACPI tables that a guest is given."""

from pathlib import Path

import pytest

from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base.errors import MachineError, UsageError
from rkmbuild.guest import hardware, qemu_machine
from rkmbuild.guest.hardware import Hardware
from rkmbuild.guest.machine import Configuration
from tests import aml

TABLE = aml.device("LNUXBEEF", (0xFED00000, 0x1000), {"compatible": "a device"})
QEMU = Path("/usr/bin/qemu-system-x86_64")


def _words(asked: Hardware, folder: Path) -> list[str]:
    configuration = Configuration(
        arch=X86_64,
        image=Path("/boot/x"),
        initramfs=b"",
        command_line="",
        memory_mib=512,
        hardware=asked,
    )
    return qemu_machine.command(configuration, folder, QEMU, "tcg")


def test_a_guest_without_more_is_the_one_that_it_was(tmp_path: Path) -> None:
    words = _words(hardware.NONE, tmp_path)
    assert tuple(words[1:3]) == X86_64.guest.arguments
    assert "-device" not in words
    assert not hardware.NONE


def test_devices_are_put_into_a_machine_with_buses(tmp_path: Path) -> None:
    words = _words(Hardware(devices=("pci-testdev", "edu,dma_mask=4095")), tmp_path)
    assert words[1:3] == ["-M", "q35"]
    assert words[-4:] == ["-device", "pci-testdev", "-device", "edu,dma_mask=4095"]


def test_tables_are_files_beside_what_is_booted(tmp_path: Path) -> None:
    folder = tmp_path / "with, comma"
    folder.mkdir()
    words = _words(Hardware(acpi_tables=(TABLE, TABLE)), folder)
    said = [words[at + 1] for at, word in enumerate(words) if word == "-acpitable"]
    # qemu reads two commas as one (its manual, "-option foo=a,,b").
    assert said == [f"file={tmp_path}/with,, comma/acpi-{number}.aml" for number in (0, 1)]
    assert (folder / "acpi-1.aml").read_bytes() == TABLE


@pytest.mark.parametrize("device", ["", "-kernel", "a b", "edu\n"])
def test_what_is_no_device_is_refused(device: str) -> None:
    with pytest.raises(UsageError, match="no device"):
        Hardware(devices=(device,))


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (b"SSDT", "shorter"),
        (b"DefinitionBlock (...) { a table's source }", "head says|table's name"),
        (TABLE + b"\0", "it has"),
        (TABLE[:-1] + b"\1", "checksum"),
    ],
)
def test_what_is_no_table_is_refused(table: bytes, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Hardware(acpi_tables=(table,))


def test_tables_are_refused_where_no_kernel_would_get_them() -> None:
    with pytest.raises(MachineError, match="device tree"):
        hardware.kind(AARCH64.guest, Hardware(acpi_tables=(TABLE,)))
    devices = Hardware(devices=("edu",))
    assert hardware.kind(AARCH64.guest, devices) == AARCH64.guest.arguments
