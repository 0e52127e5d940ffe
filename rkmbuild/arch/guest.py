"""The machine that qemu makes for the kernels of an architecture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class GuestMachine:
    """What a guest is made of, and what its kernel is told of that.

    Attributes:
        kind: The kind of machine, as `qemu -machine help` lists it.
        options: Its options, behind the kind.
        console: The kernel's name of the first serial port, which gets the kernel's log.
        console_option: The kernel's option without which it prints nothing there.
        port: The kernel's name of the second one, which gets what init reports.
        second_port: The device that makes the second port; `{chardev}` is its backend.
        early_console: The word for the kernel's command line that has it print before its consoles
            are there.
        reboot: The word that says how to reboot, which ends a guest; empty where the kernel finds
            the best way by itself.
        payload: Gives the packed kernel in an image's bytes, or None; is None where an image is not
            packed, or qemu starts no unpacked kernel of the architecture.
        starts_unpacked: Tells of an unpacked kernel whether qemu can start it.
        clock_words: What a guest whose processor qemu translates is told of its clock, as words
            for the kernel's command line; given the folder where the host's /sys and /proc are.
        reserving: Gives the word for the kernel's command line that has it leave memory alone, from
            one MiB on and so many of them, as /dev/mem then has it; None where there is none.
        kind_with_buses: The kind of machine that devices can be added to, if it is another one.
        reads_acpi_tables: Whether that one hands tables of the user's to its kernel.
        counting_words: What it is told behind that where its clock counts instructions, each a
            nanosecond.
    """

    kind: str
    options: tuple[str, ...]
    console: str
    console_option: str
    port: str
    second_port: str
    early_console: str
    reboot: str
    clock_words: Callable[[Path], list[str]]
    reserving: Callable[[int, int], str] | None = None
    counting_words: tuple[str, ...] = ()
    payload: Callable[[bytes], bytes | None] | None = None
    starts_unpacked: Callable[[bytes], bool] = lambda _kernel: False
    kind_with_buses: str | None = None
    reads_acpi_tables: bool = False

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments of qemu that choose it."""
        return ("-M", ",".join((self.kind, *self.options)))

    @property
    def with_buses(self) -> tuple[str, ...]:
        """The arguments that choose one that devices can be added to."""
        return ("-M", self.kind_with_buses) if self.kind_with_buses else self.arguments
