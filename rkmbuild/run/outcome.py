"""Read from a kernel's log whether something went wrong in it, and what."""

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rkmbuild.run.klog import KernelMessage


class Kind(StrEnum):
    """What went wrong."""

    PANIC = "panic"
    OOPS = "oops"
    BUG = "bug"
    STALL = "stall"
    WARNING = "warning"


# The line that opens a report, and what it is then. Sources, the same in 5.10 to 6.12 but where
# said: kernel/panic.c, lib/bug.c, arch/x86/kernel/dumpstack.c (`Oops: ` before every fault from
# 6.10), arch/x86/mm/fault.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/hung_task.c.
_HEADS: tuple[tuple[re.Pattern[str], Kind], ...] = (
    (re.compile(r"Kernel panic - not syncing: (.*)"), Kind.PANIC),
    (re.compile(r"watchdog: (BUG: soft lockup .*)"), Kind.STALL),
    (re.compile(r"(?:watchdog: )?(Watchdog detected hard LOCKUP .*)"), Kind.STALL),
    (re.compile(r"(INFO: task .* blocked for more than .*)"), Kind.STALL),
    (re.compile(r"(?:rcu: )?(INFO: .* (?:self-detected stall|detected (?:expedited )?stalls).*)"),
     Kind.STALL),
    (re.compile(r"(kernel BUG at .*)"), Kind.BUG),
    (re.compile(r"(BUG: .*)"), Kind.BUG),
    (re.compile(r"(.*: [0-9a-f]{4} \[#\d+\].*)"), Kind.OOPS),
    (re.compile(r"(WARNING: .*)"), Kind.WARNING),
    (re.compile(r"(UBSAN: .*)"), Kind.WARNING),
)  # fmt: skip

# These two open an oops: the fault's own line comes a few lines later.
_FAULTS = re.compile(
    r"BUG: (?:kernel NULL pointer dereference|unable to handle (?:page fault|kernel))"
)
_CUT_HERE = "------------[ cut here ]------------"
_END = re.compile(r"---\[ end (?:trace|Kernel panic)")


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One report of the kernel that something is wrong.

    Attributes:
        kind: What it is.
        title: Its first telling line.
        trace: All lines of the report.
    """

    kind: Kind
    title: str
    trace: tuple[KernelMessage, ...] = field(repr=False)

    @property
    def fatal(self) -> bool:
        """Whether the kernel, or a part of it, did not live on as before."""
        return self.kind is not Kind.WARNING

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        trace = [str(message) for message in self.trace]
        return {"kind": self.kind.value, "title": self.title, "trace": trace}


def troubles(log: Iterable[KernelMessage]) -> tuple[Trouble, ...]:
    """Return every report in `log`, in its order.

    A panic that only follows from an oops is part of the oops' report.
    """
    found: list[Trouble] = []
    open_report: list[KernelMessage] | None = None
    pending: list[KernelMessage] = []
    title, kind = "", Kind.WARNING

    def close() -> None:
        nonlocal open_report
        if open_report is not None:
            found.append(Trouble(kind=kind, title=title, trace=tuple(open_report)))
            open_report = None

    for message in log:
        head = _head(message.text)
        if open_report is None and head is None:
            pending = [message] if message.text == _CUT_HERE else []
            continue
        if head is not None:
            # An oops says what it is in several lines that each look like a head.
            if open_report is not None and not _continues(kind, head[0]):
                close()
            if open_report is None:
                kind, title = head
                open_report = [*pending]
            elif head[0] is Kind.OOPS and kind is Kind.BUG and not title.startswith("kernel BUG"):
                kind = Kind.OOPS
        pending = []
        assert open_report is not None  # noqa: S101 - for the type checker: a head opened it
        open_report.append(message)
        if _END.search(message.text):
            close()
    close()
    return _merged(found)


def where(module: str, log: Iterable[KernelMessage]) -> str | None:
    """Return the innermost function of `module` in what SysRq showed, as `f+0x7/0x10`.

    Frames that the unwinder was not sure of, with a question mark, do not count.
    """
    name = re.escape(module)
    frame = re.compile(rf"(?:RIP: \w+:| )(\S+\+0x[0-9a-f]+/0x[0-9a-f]+) \[{name}\]")
    asked = itertools.dropwhile(lambda message: not message.text.startswith("sysrq: Show"), log)
    matches = (frame.match(message.text) for message in asked)
    return next((match[1] for match in matches if match), None)


def _head(text: str) -> tuple[Kind, str] | None:
    for expression, kind in _HEADS:
        match = expression.match(text)
        if match:
            title = match[1]
            return (Kind.OOPS if _FAULTS.match(title) else kind), title
    return None


def _continues(kind: Kind, later: Kind) -> bool:
    return kind in (Kind.BUG, Kind.OOPS) and later in (Kind.OOPS, Kind.BUG)


def _merged(found: list[Trouble]) -> tuple[Trouble, ...]:
    merged: list[Trouble] = []
    for trouble in found:
        follows = merged and merged[-1].kind in (Kind.OOPS, Kind.BUG)
        if follows and trouble.kind is Kind.PANIC and trouble.title.startswith("Fatal exception"):
            before = merged.pop()
            merged.append(
                Trouble(kind=before.kind, title=before.title, trace=before.trace + trouble.trace)
            )
        else:
            merged.append(trouble)
    return tuple(merged)
