"""Reads the reports with a trace out of a kernel log, line by line as they come."""

import re
from dataclasses import dataclass, field, replace

from rkmbuild.arch import architectures
from rkmbuild.klog import frames, outcome
from rkmbuild.klog.frames import Frame
from rkmbuild.klog.outcome import TroubleKind

# A trace that no report goes with: sysrq, dump_stack().
TRACE = "trace"

# A stack of 16 KiB has room for some thousand return addresses.
_MOST_FRAMES = 1024
# Lines of others may come between those of a report.
_MOST_STRANGE = 40

_RELEASE = re.compile(
    r"(?:Not tainted|Tainted: [A-Z ]{1,40}?)\s+(\d+\.\d+\S*) #|Linux version (\S+)"
)
_UNLOADED = re.compile(r"\[last unloaded: ([\w-]+)")
# sched_show_task of kernel/sched/core.c, nmi_cpu_backtrace of lib/nmi_backtrace.c
_TASK = re.compile(r"task:\S+ +state:\S.*|NMI backtrace for cpu \d+.*")
# The panic handler of the `kernel` crate: place and message are lines of their own, and come
# before the BUG() that ends the thread.
_PANIC = re.compile(r"[\w-]{1,64}: (panicked at .{1,1000}:\d{1,9}:\d{1,9}):")
_SOON = 4
_CALLS = {arch.log.stack for arch in architectures.ALL}
_END_OF_STACK = "</TASK>"
# What may follow a stack and belongs to its report.
_TAIL = re.compile(
    "|".join(
        (
            r"Modules linked in:|---\[ end |Kernel Offset: |Dumping ftrace buffer",
            *(arch.log.tail for arch in architectures.ALL),
        )
    )
)
_END = re.compile(r"---\[ end (?:trace|Kernel panic)")
_BREAKPOINT = re.compile("|".join(arch.log.breakpoint for arch in architectures.ALL))


@dataclass(kw_only=True)
class Report:
    """A report of the kernel that has a trace.

    Attributes:
        kind: What it is: a `TroubleKind`, or `trace`.
        title: Its first telling line.
        line: Number of that line in the log, from 1.
        release: Of the kernel that printed it, or empty.
        unloaded: The module that was unloaded last, or empty.
        panic: What a panic of Rust code said before it, or empty.
        frames: Places in the code, the innermost first.
    """

    kind: str
    title: str
    line: int
    release: str = ""
    unloaded: str = ""
    panic: str = ""
    frames: list[Frame] = field(default_factory=list)


class Collector:
    """Takes lines without their prefixes and gives each report when it is whole."""

    def __init__(self) -> None:
        self._number = 0
        self._release = ""
        self._report: Report | None = None
        self._dying = False
        self._stack_ended = False
        self._over = False
        self._strange = 0
        self._panic = ""
        self._panicked = -_SOON

    @property
    def pending(self) -> bool:
        """Whether a report has begun that has not been given."""
        return self._report is not None

    def feed(self, text: str) -> Report | None:
        """Take a line; return the report that was whole before it, if there is one."""
        self._number += 1
        if found := _RELEASE.search(text):
            self._release = found[1] or found[2]
        if found := _PANIC.fullmatch(text):
            self._panic, self._panicked = found[1], self._number
        elif self._number == self._panicked + 1:
            self._panic = f"{self._panic}: {text}"
        ended = None
        if self._over or (self._stack_ended and not _TAIL.match(text)):
            ended = self.flush()
        head = outcome.opening(text)
        if head:
            ended = self._begin(head, text) or ended
        elif self._report is None:
            if text.strip() in _CALLS or _TASK.fullmatch(text):
                self._report = Report(kind=TRACE, title=text.strip(), line=self._number)
        else:
            ended = self._go_on(self._report, text) or ended
        return ended

    def flush(self) -> Report | None:
        """Return what there is of a report that was begun: no more lines come."""
        report, self._report = self._report, None
        self._dying = self._stack_ended = self._over = False
        self._strange = 0
        if report:
            report.release = report.release or self._release
        return report if report and report.frames else None

    def _begin(self, head: tuple[TroubleKind, str], text: str) -> Report | None:
        kind, title = head
        report = self._report
        crash = kind in (TroubleKind.BUG, TroubleKind.OOPS)
        if report and crash and self._dying and not report.frames:
            # `BUG: ...` and `Oops: ...` are one report; a BUG() stays one.
            if kind is TroubleKind.OOPS and not report.title.startswith("kernel BUG"):
                report.kind = kind
            return None
        if kind is TroubleKind.PANIC and title.startswith("Fatal exception"):
            return self.flush()
        ended = self.flush()
        self._report = Report(kind=kind, title=title, line=self._number)
        self._dying = crash
        if crash and self._number - self._panicked <= _SOON:
            self._report.panic = self._panic
        if frame := frames.in_title(text):
            self._report.frames.append(frame)
        return ended

    def _go_on(self, report: Report, text: str) -> Report | None:
        if found := _UNLOADED.search(text):
            report.unloaded = found[1]
        if _END.match(text):
            self._over = True
            return None
        frame = frames.in_trace(text) or frames.at_fault(text)
        if frame:
            if frame.exact and _BREAKPOINT.match(report.title):
                frame = replace(frame, behind=1)
            self._strange = 0
            if len(report.frames) < _MOST_FRAMES:
                report.frames.append(frame)
        elif text.strip() == _END_OF_STACK:
            self._stack_ended = True
        else:
            self._strange += 1
            if self._strange > _MOST_STRANGE:
                return self.flush()
        return None
