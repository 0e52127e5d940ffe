"""What boots a kernel, whichever way it does: files go in, lines and a status come out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from rkmbuild.arch.arch import Arch
from rkmbuild.guest import hardware
from rkmbuild.guest.hardware import Hardware


class Source(Enum):
    """Where a line came from."""

    LOG = auto()
    PORT = auto()


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a machine is to be and to boot.

    Attributes:
        arch: Its architecture.
        image: The kernel, a file on the machine that asks: elsewhere what it holds is sent.
        initramfs: Its root file system.
        command_line: The kernel's command line, without the console.
        memory_mib: Its memory.
        cpus: Its processors.
        counting: Whether its clocks count instructions, each a nanosecond, in place of time; it
            has one processor then, under `tcg`.
        hardware: What else it has.
    """

    arch: Arch
    image: Path
    initramfs: bytes = field(repr=False)
    command_line: str
    memory_mib: int
    cpus: int = 1
    counting: bool = False
    hardware: Hardware = hardware.NONE


class Machine(Protocol):
    """A machine that runs while its `with` statement does, and is ended with it.

    The kernel's log comes over the first serial port; what init reports comes over the second one.
    """

    @property
    def errors(self) -> str:
        """What the machine itself, not its kernel, has complained of so far."""

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            MachineError: it cannot be started.
        """

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, if it is not off by itself, and leave nothing behind."""

    def lines(self, until: Callable[[], float]) -> Iterator[tuple[Source, str]]:
        """Give each line as it comes, until the machine is off or the time is up.

        Args:
            until: The `time.monotonic()` at which to end; asked again and again.
        """

    def status(self) -> int | None:
        """Return the status with which it went off, or None while it runs."""

    def press(self, key: str) -> None:
        """Press a magic SysRq key on the first serial port (admin-guide/sysrq.rst)."""
