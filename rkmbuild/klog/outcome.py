"""Read from a kernel's log whether something went wrong in it, and what."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.klog.klog import KernelMessage


class TroubleKind(StrEnum):
    """What went wrong."""

    PANIC = "panic"
    OOPS = "oops"
    BUG = "bug"
    STALL = "stall"
    WARNING = "warning"


# The line that opens a report, and what it is then. Sources, the same in 5.10 to 6.12 but where
# said: kernel/panic.c, lib/bug.c, kernel/watchdog.c, kernel/rcu/tree_stall.h, kernel/hung_task.c;
# and what each architecture says of an oops.
_HEADS: tuple[tuple[re.Pattern[str], TroubleKind], ...] = (
    (re.compile(r"Kernel panic - not syncing: (.*)"), TroubleKind.PANIC),
    (re.compile(r"watchdog: (BUG: soft lockup .*)"), TroubleKind.STALL),
    (re.compile(r"(?:watchdog: )?(Watchdog detected hard LOCKUP .*)"), TroubleKind.STALL),
    (re.compile(r"(INFO: task .* blocked for more than .*)"), TroubleKind.STALL),
    (re.compile(r"(?:rcu: )?(INFO: .* (?:self-detected stall|detected (?:expedited )?stalls).*)"),
     TroubleKind.STALL),
    (re.compile(r"(kernel BUG at .*)"), TroubleKind.BUG),
    (re.compile(r"(BUG: .*)"), TroubleKind.BUG),
    *((re.compile(rf"({arch.log.oops})"), TroubleKind.OOPS) for arch in architectures.ALL),
    *((re.compile(rf"({arch.log.fault}.*)"), TroubleKind.OOPS) for arch in architectures.ALL),
    (re.compile(r"(WARNING: .*)"), TroubleKind.WARNING),
    (re.compile(r"(UBSAN: .*)"), TroubleKind.WARNING),
)  # fmt: skip

# These open an oops: the fault's own line comes a few lines later.
_FAULTS = re.compile("|".join(arch.log.fault for arch in architectures.ALL))
_AT_FAULT = "|".join(arch.log.at_fault for arch in architectures.ALL)
_CUT_HERE = "------------[ cut here ]------------"
_MOST_LEADING = 8
_CRASHES = (TroubleKind.BUG, TroubleKind.OOPS)
_END = re.compile(r"---\[ end (?:trace|Kernel panic)")
# After these a kernel prints nothing more: kernel/reboot.c, the same in 6.1 and 6.12 but for the
# third, which 6.12 has; arch/arm64/kernel/process.c; kernel/panic.c, where nothing restarted it.
_LAST_WORD = re.compile(
    r"reboot: (?:System halted|Power down|Power off not available: System halted instead)"
    r"|Reboot failed -- System halted"
    r"|---\[ end Kernel panic - not syncing: .*"
)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One report of the kernel that something is wrong.

    Attributes:
        kind: What it is.
        title: Its first telling line.
        trace: All lines of the report.
    """

    kind: TroubleKind
    title: str
    trace: tuple[KernelMessage, ...] = field(repr=False)

    @property
    def fatal(self) -> bool:
        """Whether the kernel, or a part of it, did not live on as before."""
        return self.kind is not TroubleKind.WARNING

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        trace = [str(message) for message in self.trace]
        return {"kind": self.kind.value, "title": self.title, "trace": trace}


@dataclass
class _Report:
    """A report as it is read; an oops has several lines that each look like a head."""

    kind: TroubleKind
    title: str
    trace: list[KernelMessage]

    def goes_on(self, kind: TroubleKind) -> bool:
        return self.kind in _CRASHES and kind in _CRASHES

    def learn(self, kind: TroubleKind) -> None:
        # A `BUG: ...` that an `Oops: ...` follows is one; a BUG() stays what it is.
        if kind is TroubleKind.OOPS and not self.title.startswith("kernel BUG"):
            self.kind = kind


def troubles(log: Iterable[KernelMessage]) -> tuple[Trouble, ...]:
    """Return every report in `log`, in its order.

    A panic that only follows from an oops is part of the oops' report.
    """
    reports: list[_Report] = []
    current: _Report | None = None
    lead: list[KernelMessage] = []
    for message in log:
        head = opening(message.text)
        if head:
            if _follows(head, reports):
                current = reports[-1]
            elif current is None or not current.goes_on(head[0]):
                current = _Report(*head, trace=lead)
                reports.append(current)
            current.learn(head[0])
        if current:
            lead = []
            current.trace.append(message)
            if _END.search(message.text):
                current = None
        elif message.text == _CUT_HERE:
            lead = [message]
        elif lead:
            # A WARN's own message stands between the cut and the head.
            lead = [*lead, message] if len(lead) < _MOST_LEADING else []
    return tuple(
        Trouble(kind=report.kind, title=report.title, trace=tuple(report.trace))
        for report in reports
    )


def opening(text: str) -> tuple[TroubleKind, str] | None:
    """Return what the line begins, if it is the first of a report, and its telling part."""
    for expression, kind in _HEADS:
        match = expression.match(text)
        if match:
            title = match[1]
            return (TroubleKind.OOPS if _FAULTS.match(title) else kind), title
    return None


def is_last_word(text: str) -> bool:
    """Tell whether a line is one after which the kernel does nothing more."""
    return bool(_LAST_WORD.fullmatch(text))


def downfall(troubles: Iterable[Trouble], log: Sequence[KernelMessage]) -> str:
    """Return in a line why a kernel went down, as far as it said so."""
    title = next((trouble.title for trouble in troubles if trouble.fatal), "")
    last = log[-1].text if log else ""
    return title or (last if is_last_word(last) else "the machine shut down without a message")


def where(module: str, log: Iterable[KernelMessage]) -> str | None:
    """Return the innermost function of `module` in what SysRq showed, as `f+0x7/0x10`.

    Frames that the unwinder was not sure of, with a question mark, do not count.
    """
    name = re.escape(module)
    frame = re.compile(rf"(?:{_AT_FAULT}| )(\S+\+0x[0-9a-f]+/0x[0-9a-f]+) \[{name}\]")
    asked = itertools.dropwhile(lambda message: not message.text.startswith("sysrq: Show"), log)
    matches = (frame.match(message.text) for message in asked)
    return next((match[1] for match in matches if match), None)


def _follows(head: tuple[TroubleKind, str], reports: list[_Report]) -> bool:
    consequence = head[0] is TroubleKind.PANIC and head[1].startswith("Fatal exception")
    return consequence and bool(reports) and reports[-1].kind in _CRASHES
