"""The kernel's log as it comes over a serial console."""

import re
from dataclasses import dataclass
from typing import Any

from rkmbuild.base import console

# Of console_msg_format=syslog: the priority, the time, with CONFIG_PRINTK_CALLER who printed it
# (kernel/printk/printk.c, info_print_prefix).
_LINE = re.compile(r"<(\d+)>(?:\[\s*(\d+\.\d+)\](?:\[\s*[TC]\d+\])? ?)?(.*)", re.DOTALL)
_LEVELS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


@dataclass(frozen=True, kw_only=True)
class KernelMessage:
    """A line that the kernel printed.

    Attributes:
        text: The line.
        level: 0 (emerg) to 7 (debug); None for what came without, as from the machine's firmware.
        seconds: When, on the kernel's clock since boot.
        step: Which command of the script was the last to begin before it; None before the first.
    """

    text: str
    level: int | None = None
    seconds: float | None = None
    step: int | None = None

    def __str__(self) -> str:
        """Return it as `dmesg` shows it."""
        return self.text if self.seconds is None else f"[{self.seconds:12.6f}] {self.text}"

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "seconds": self.seconds,
            "level": None if self.level is None else _LEVELS[self.level],
            "text": self.text,
            "step": self.step,
        }


def parse(line: str, *, step: int | None = None) -> KernelMessage:
    """Read one line of the console; what could steer a terminal is shown as a backslash code."""
    found = _LINE.fullmatch(line)
    if not found:
        return KernelMessage(text=console.visible(line), step=step)
    priority, seconds, text = found.groups()
    return KernelMessage(
        text=console.visible(text),
        level=int(priority) & 7,
        seconds=None if seconds is None else float(seconds),
        step=step,
    )
