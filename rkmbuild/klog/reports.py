"""Reads the reports out of a kernel log, line by line as they come."""

import re
from collections.abc import Iterator
from dataclasses import replace

from rkmbuild.arch import architectures
from rkmbuild.klog import frames, table
from rkmbuild.klog.frames import Frame
from rkmbuild.klog.kinds import CRASHES, ReportKind, TroubleKind, Verdict
from rkmbuild.klog.report import TRACE, Report, Stack
from rkmbuild.klog.table.crashes import CONSEQUENCE, STACK_OVERFLOW

# A stack of 16 KiB has room for some thousand return addresses.
_MOST_FRAMES = 1024
# More stacks than any report has.
_MOST_STACKS = 64
# Lines of others may come between those of a report; dumps of memory may have any number.
_MOST_STRANGE = 40
_DUMP = re.compile(r"[>\w ]{0,12}[0-9a-f]{8,16}: (?:[0-9a-f]{2} ){4}")
# Between the line that begins a stack and its first place: the task's, and its registers.
_MOST_UNTITLED = 12

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
            r"Modules linked in:|---\[ end |Kernel Offset: |Dumping ftrace buffer|rcu: ",
            *(arch.log.tail for arch in architectures.ALL),
        )
    )
)
_END = re.compile(r"---\[ end (?:trace|Kernel panic)")
_BUG_AT = ("kernel BUG at", "Kernel BUG at")
_CUT_HERE = "------------[ cut here ]------------"
# A WARN's own words stand between the cut and its head before 6.19, and behind the head since.
_MOST_LEADING = 8
_BREAKPOINT = re.compile("|".join(arch.log.breakpoint for arch in architectures.ALL))


class Collector:
    """Takes lines without their prefixes and gives each report when it is whole."""

    def __init__(self) -> None:
        self._number = 0
        self._release = ""
        self._report: Report | None = None
        self._row: ReportKind | None = None
        self._previous: Report | None = None
        self._stack: Stack | None = None
        # The line that begins the next stack, and its number.
        self._title, self._titled = "", 0
        # Whether the stack is one without `Call Trace:`, which any other line ends; whether it had
        # that line already.
        self._plain = self._called = False
        self._stack_ended = False
        self._over = False
        self._strange = 0
        self._cut = -_MOST_LEADING
        self._panic = ""
        self._panicked = -_SOON

    @property
    def pending(self) -> bool:
        """Whether a report has begun that has not been given."""
        return self._report is not None

    def feed(self, text: str) -> Report | None:
        """Take a line; return the report that was whole before it, if there is one."""
        self._number += 1
        self._learn(text)
        ended = None
        if self._over or (self._stack_ended and not self._may_follow(text)):
            ended = self.flush()
        head = table.find(text)
        if head and not (head[0].inside and self._report):
            ended = self._begin(*head, text) or ended
        elif self._report is None:
            if text.strip() in _CALLS or _TASK.fullmatch(text):
                self._open(None, Report(kind=TRACE, title=text.strip(), line=self._number))
        else:
            ended = self._go_on(self._report, text) or ended
        if self._report:
            self._report.last = self._number
        return ended

    def flush(self) -> Report | None:
        """Return what there is of a report that was begun: no more lines come."""
        report, self._report = self._report, None
        self._row = self._stack = None
        self._title, self._plain = "", False
        self._stack_ended = self._over = False
        self._strange = 0
        if report:
            report.release = report.release or self._release
            report.stacks = [stack for stack in report.stacks if stack.frames]
            self._previous = report
        return report if report and (report.stacks or report.name != TRACE) else None

    def _learn(self, text: str) -> None:
        if found := _RELEASE.search(text):
            self._release = found[1] or found[2]
        if found := _PANIC.fullmatch(text):
            self._panic, self._panicked = found[1], self._number
        elif self._number == self._panicked + 1 and text.strip() != _CUT_HERE:
            self._panic = f"{self._panic}: {text}"
        if text.strip() == _CUT_HERE:
            self._cut = self._number

    def _may_follow(self, text: str) -> bool:
        row = self._row
        if row and row.end:
            return True
        return bool(_TAIL.match(text) or (row and row.stacks and row.stacks.match(text)))

    def _open(self, row: ReportKind | None, report: Report) -> None:
        self._row, self._report = row, report
        report.first = report.line
        if self._cut < report.line <= self._cut + _MOST_LEADING:
            report.first = self._cut
        self._cut = -_MOST_LEADING
        self._over = bool(row and row.alone)

    def _begin(self, row: ReportKind, title: str, text: str) -> Report | None:
        report = self._report
        if report and self._row and self._continues(report, self._row, row, title):
            return None
        ended = self.flush()
        if self._previous and self._ends(self._previous, row, title):
            self._previous.last = self._number
            return ended
        opened = Report(
            name=row.name,
            kind=row.kind,
            verdict=row.verdict,
            title=title,
            line=self._number,
        )
        self._open(row, opened)
        if row.kind in CRASHES and self._number - self._panicked <= _SOON:
            opened.panic = self._panic
        if frame := frames.in_title(text):
            self._start("").frames.append(frame)
        return ended

    def _continues(self, report: Report, row: ReportKind, new: ReportKind, title: str) -> bool:
        """Tell whether a head belongs to the report that has begun; learn from it if so."""
        if row.name == STACK_OVERFLOW and new.name == "panic":
            return True
        if any(not stack.title and stack.frames for stack in report.stacks):
            return False
        # Who allocated and freed memory, and what is in it, may come between.
        near = bool(row.stacks) or self._number - report.line <= _MOST_LEADING
        crash = new.name == "oops" or (new.name == "bug" and title.startswith(_BUG_AT))
        if row.name == new.name == "slub":
            if not title.startswith("BUG ") or self._number - report.line >= _SOON:
                return False
            # What was overwritten stands before the head.
            report.title = f"{title}: {report.title}"
        elif row.name == "warning" and new.leads:
            # The words of a WARN that is one of another row.
            if self._number - report.line >= _SOON:
                return False
            report.name, report.title, self._row = new.name, title, new
            report.kind, report.verdict = new.kind, new.verdict
        elif row.leads and near and (crash or new.name == "warning"):
            _learn_how(report, row, new)
        elif crash and row.kind in CRASHES:
            # `BUG: ...` and `Oops: ...` are one report; a BUG() stays one.
            if new.kind is TroubleKind.OOPS and not report.title.startswith(_BUG_AT):
                report.kind = new.kind
        else:
            return False
        return True

    def _ends(self, previous: Report, row: ReportKind, title: str) -> bool:
        """Tell whether a head is only the end of the report before it."""
        if row.kind is TroubleKind.PANIC and CONSEQUENCE.match(title):
            return previous.kind in CRASHES
        # More that was overwritten of the same object.
        again = row.name == previous.name == "slub" and not title.startswith("BUG ")
        return again and self._number - previous.last < _SOON

    def _go_on(self, report: Report, text: str) -> Report | None:
        row = self._row
        if found := _UNLOADED.search(text):
            report.unloaded = found[1]
        if _END.match(text) or (row and row.end and row.end.match(text)):
            self._over = True
            return None
        frame = frames.in_trace(text) or frames.at_fault(text)
        if frame:
            self._strange = 0
            if frame.exact and _BREAKPOINT.match(report.title):
                frame = replace(frame, behind=1)
            self._add(report, frame)
            return None
        if text.strip() in _CALLS:
            self._calls()
        elif row and row.stacks and row.stacks.fullmatch(text):
            self._stack, self._title, self._titled = None, text, self._number
            self._stack_ended = False
        elif row and row.main and row.main.match(text):
            self._start("")
        elif text.strip() == _END_OF_STACK:
            self._stack_ended = not (row and row.end)
            self._stack = None
        elif self._plain:
            self._stack, self._plain = None, False
        if self._number - self._titled > _MOST_UNTITLED:
            self._title = ""
        self._strange += not _DUMP.match(text)
        return self.flush() if self._strange > _MOST_STRANGE else None

    def _add(self, report: Report, frame: Frame) -> None:
        stack = self._stack
        if stack is None:
            if not self._title and report.stacks and report.stack.frames and not frame.exact:
                return  # what has no title and no head is no stack
            stack = self._start(self._title)
            self._plain = bool(stack.title) and not frame.exact
        if len(stack.frames) < _MOST_FRAMES:
            stack.frames.append(frame)

    def _calls(self) -> None:
        """Begin the calls of a stack; the place of the fault may stand before them."""
        if self._stack is None or self._called or self._plain:
            self._start(self._title)
        self._called = True

    def _start(self, title: str) -> Stack:
        stacks = self._report.stacks if self._report else []
        self._stack = Stack(title=" ".join(title.split()).rstrip(":"))
        self._title, self._plain, self._called = "", False, False
        if len(stacks) < _MOST_STACKS:
            stacks.append(self._stack)
        return self._stack


def collected(texts: Iterator[str]) -> list[Report]:
    """Return every report of a log, given its lines without their prefixes."""
    collector = Collector()
    given = [collector.feed(text) for text in texts]
    return [report for report in (*given, collector.flush()) if report]


def _learn_how(report: Report, row: ReportKind, new: ReportKind) -> None:
    """Note whether what a report told of was let pass, or was the end of what ran."""
    if new.name == "warning" and row.name == "cfi":
        # CONFIG_CFI_PERMISSIVE: the call was made all the same.
        report.kind, report.verdict = TroubleKind.WARNING, Verdict.WARNS
    elif new.name != "warning" and row.kind not in CRASHES:
        report.kind, report.verdict = new.kind, new.verdict
