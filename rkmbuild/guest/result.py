"""What came of a guest."""

from dataclasses import dataclass, field
from enum import StrEnum

from rkmbuild.guest.accel import Accel
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.trouble import Trouble


class Outcome(StrEnum):
    """How a guest ended."""

    FINISHED = "finished"
    CRASHED = "crashed"
    HANG = "hang"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command of the script.

    Attributes:
        command: It.
        status: Its exit status; None where it did not end or was not reached.
        lines: What it printed, standard error included.
        seconds: Wall time that it took; None where it did not end.
    """

    command: str
    status: int | None
    lines: tuple[str, ...]
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class GuestResult:
    """What came of a guest.

    Attributes:
        outcome: How it ended.
        steps: The script's commands.
        log: All that the kernel printed from its start on.
        troubles: The reports in it that something is wrong.
        seconds: Wall time from the start of the emulator to its end.
        boot_seconds: Wall time until init ran.
        accel: What it ran under.
        hung: Whether it was ended since a command did not come back, whatever it reported before.
    """

    outcome: Outcome
    steps: tuple[Step, ...]
    log: tuple[KernelMessage, ...] = field(repr=False)
    troubles: tuple[Trouble, ...]
    seconds: float
    boot_seconds: float
    accel: Accel
    hung: bool = False

    @property
    def lines(self) -> tuple[str, ...]:
        """All that the script printed."""
        return tuple(line for step in self.steps for line in step.lines)

    @property
    def statuses(self) -> tuple[int | None, ...]:
        """The exit status of each command."""
        return tuple(step.status for step in self.steps)

    def printed(self, *steps: int) -> tuple[KernelMessage, ...]:
        """Return what the kernel printed during these commands; without any, during all of them."""
        return tuple(
            message
            for message in self.log
            if message.step is not None and (not steps or message.step in steps)
        )
