"""What a guest has beside processors, memory and ports: devices, and tables that tell of some."""

import struct
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch.guest import GuestMachine
from rkmbuild.base.errors import MachineError, UsageError

# The first bytes of every table: its name, its length, a revision, and what makes the sum of all
# its bytes 0 (ACPI specification 6.5, 5.2.6, "System Description Table Header").
_HEAD = struct.Struct("<4sI")
_HEAD_SIZE = 36


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """What a machine is given for drivers to find.

    Attributes:
        devices: Each as qemu's `-device` takes it: `pci-testdev`, `edu`,
            `virtio-rng-pci,max-bytes=8`.
        acpi_tables: Compiled tables, with their heads, that its firmware shall have beside its own.
    """

    devices: tuple[str, ...] = ()
    acpi_tables: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Look whether qemu can be given this.

        Raises:
            UsageError: a device is no word, or a table is none.
        """
        for device in self.devices:
            if not device or device.startswith("-") or not device.isprintable() or " " in device:
                raise UsageError(
                    f"`{device}` is no device of a virtual machine",
                    hint="it is a name and options, as in `virtio-rng-pci,max-bytes=8`",
                )
        for table in self.acpi_tables:
            if problem := _problem(table):
                raise UsageError(
                    f"this is no ACPI table: {problem}",
                    hint="`iasl -tc` makes one (an .aml file) of its source",
                )

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.devices or self.acpi_tables)

    def arguments(self, folder: Path) -> list[str]:
        """Return the arguments of qemu that make it.

        Args:
            folder: Gets the files that they speak of.
        """
        words: list[str] = []
        for device in self.devices:
            words += ["-device", device]
        for number, table in enumerate(self.acpi_tables):
            place = folder / f"acpi-{number}.aml"
            place.write_bytes(table)
            words += ["-acpitable", f"file={str(place).replace(',', ',,')}"]
        return words


NONE = Hardware()
"""No more than every guest has."""


def kind(guest: GuestMachine, hardware: Hardware) -> tuple[str, ...]:
    """Return the arguments of qemu that choose the kind of machine: devices need one with buses.

    Raises:
        MachineError: the machines of this architecture hand no tables of ours to their kernel.
    """
    if hardware.acpi_tables and not guest.reads_acpi_tables:
        raise MachineError(
            "virtual machines of this architecture describe their devices by a device tree",
            hint="a device of a bus that finds its devices by itself, as PCI does, needs no table",
        )
    return guest.with_buses if hardware else guest.arguments


def _problem(table: bytes) -> str | None:
    if len(table) < _HEAD_SIZE:
        return "it is shorter than a table's head"
    name, size = _HEAD.unpack_from(table)
    if not name.isalnum():
        return "it does not begin with a table's name"
    if size != len(table):
        return f"its head says that it has {size} bytes, and it has {len(table)}"
    if sum(table) % 256:
        return "its checksum is wrong"
    return None
