"""What the virtual machine of an architecture is called and made of: data, no code."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rkmbuild.base.errors import MachineError


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A machine that qemu emulates.

    Attributes:
        machine: Its arguments that do not depend on the run.
        console: The kernel's name of the first serial port, which gets the kernel's log.
        port: The kernel's name of the second one, which gets what init reports.
        second_port: The device that makes the second port; `{chardev}` is its backend.
    """

    machine: tuple[str, ...]
    console: str
    port: str
    second_port: str


ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType(
    {
        # microvm has no firmware menus, PCI or ACPI tables to walk, and boots in half the time of
        # pc. The timer, the interrupt controller and the clock are off in it unless asked for, and
        # a guest without kvmclock needs them.
        "x86_64": Architecture(
            machine=("-M", "microvm,pit=on,pic=on,isa-serial=on,rtc=on"),
            console="ttyS0",
            port="ttyS1",
            second_port="isa-serial,index=1,chardev={chardev}",
        ),
    }
)


def of(name: str) -> Architecture:
    """Return the machine for kernels of architecture `name`, in rustc's word.

    Raises:
        MachineError: there is none.
    """
    if name not in ARCHITECTURES:
        raise MachineError(
            f"kernels for {name} cannot be booted yet",
            hint=f"machines that can: {', '.join(ARCHITECTURES)}",
        )
    return ARCHITECTURES[name]
