"""Read the Kernel Test Anything Protocol, as KUnit, kselftest and our own tests print it.

Version 1, Documentation/dev-tools/ktap.rst of Linux 6.12; and what kernels of before print: TAP 13
and 14, KUnit's `# Subtest:` in place of a nested version line. Lines of any other origin may come
in between, and each may begin with the kernel's time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_TIME = re.compile(r"(?:<\d+>)?(?:\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?)?")
_VERSION = re.compile(r"( *)(?:KTAP version 1|TAP version 1[34])\s*")
_SUBTEST = re.compile(r"( *)# Subtest: (.*)")
_PLAN = re.compile(r"( *)1\.\.(\d+)(?:\s*#\s*(.*))?")
_RESULT = re.compile(r"( *)(not )?ok\b(?: +(\d+))?(?: +(?:- +)?(.*))?")
_DIRECTIVE = re.compile(r"(SKIP|TODO|XFAIL|TIMEOUT|ERROR)\b:?\s*(.*)", re.IGNORECASE)
_BAIL_OUT = re.compile(r"\s*Bail out!\s*(.*)")


class KtapStatus(StrEnum):
    """What came of a test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, kw_only=True)
class KtapResult:
    """One result line, and what belongs to it.

    Attributes:
        name: The description; may be empty.
        outcome: What it says. A failure that is expected (TODO, XFAIL) counts as passed.
        reason: The diagnostic data after the directive, as why a test was skipped.
        lines: What stood before it at its level: comments, and lines of other origin.
        subtests: The results nested in it.
    """

    name: str
    outcome: KtapStatus
    reason: str = ""
    lines: tuple[str, ...] = ()
    subtests: tuple["KtapResult", ...] = ()


@dataclass(frozen=True, kw_only=True)
class KtapOutput:
    """All that was read.

    Attributes:
        results: The results of the outermost level, of one output or of several in a row.
        lines: What stood after the last of them.
        problems: How it breaks the protocol's rules, as an end before its time.
    """

    results: tuple[KtapResult, ...]
    lines: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass
class _Level:
    """A level as it is read."""

    indent: int
    planned: int | None = None
    results: list[KtapResult] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    # How many of the results belong to outputs before this one.
    before: int = 0

    @property
    def count(self) -> int:
        return len(self.results) - self.before


def parse(lines: Iterable[str]) -> KtapOutput | None:
    """Read an output; None where it has no version line, and so is none of this kind."""
    reader = _Reader()
    for line in lines:
        # Early releases of KUnit indent by a tab.
        reader.take(_TIME.sub("", line, count=1).expandtabs().rstrip())
    return reader.end()


class _Reader:
    def __init__(self) -> None:
        self._levels: list[_Level] = []
        self._problems: list[str] = []

    def take(self, line: str) -> None:
        version = _VERSION.fullmatch(line)
        if version:
            self._open(len(version[1]))
        elif not self._levels:
            return
        elif subtest := _SUBTEST.fullmatch(line):
            self._open(len(subtest[1]))
        elif plan := _PLAN.fullmatch(line):
            self._plan(len(plan[1]), int(plan[2]))
        elif result := _RESULT.fullmatch(line):
            self._result(len(result[1]), not result[2], result[3], result[4] or "")
        elif bail := _BAIL_OUT.fullmatch(line):
            self._problems.append(f"it bailed out: {bail[1]}")
        else:
            self._levels[-1].lines.append(line)

    def end(self) -> KtapOutput | None:
        if not self._levels:
            return None
        while len(self._levels) > 1:
            # The kernel died, or was told to stop, inside a nested test.
            self._problems.append("it ends inside a nested test")
            inner = self._close()
            lines = (*self._levels[-1].lines, *inner.lines)
            self._levels[-1].lines.clear()
            unfinished = KtapResult(
                name="", outcome=KtapStatus.ERROR, reason="unfinished", lines=lines,
                subtests=tuple(inner.results),
            )  # fmt: skip
            self._levels[-1].results.append(unfinished)
        level = self._close()
        return KtapOutput(
            results=tuple(level.results),
            lines=tuple(level.lines),
            problems=tuple(self._problems),
        )

    def _open(self, indent: int) -> None:
        top = self._levels[-1] if self._levels else None
        if top is None or indent > top.indent:
            self._levels.append(_Level(indent))
        elif indent == top.indent and top.count:
            # Another output after the first, as when one module's tests come after another's.
            self._check(top)
            top.planned, top.before = None, len(top.results)

    def _plan(self, indent: int, planned: int) -> None:
        top = self._levels[-1]
        if indent == top.indent and top.planned is None:
            top.planned = planned
        else:
            self._problems.append(f"a plan (1..{planned}) where none belongs")

    def _result(self, indent: int, passed: bool, number: str | None, text: str) -> None:
        nested: _Level | None = None
        while len(self._levels) > 1 and self._levels[-1].indent > indent:
            if nested:
                self._problems.append("a nested test has no result")
            nested = self._close()
        level = self._levels[-1]
        if number and int(number) != level.count + 1:
            self._problems.append(f"result {number} where {level.count + 1} should be")
        name, _, data = text.partition("#")
        directive = _DIRECTIVE.fullmatch(data.strip())
        level.results.append(
            KtapResult(
                name=name.strip(),
                outcome=_outcome(passed, directive[1].upper() if directive else ""),
                reason=directive[2] if directive else data.strip(),
                lines=(*level.lines, *(nested.lines if nested else ())),
                subtests=tuple(nested.results) if nested else (),
            )
        )
        level.lines.clear()

    def _close(self) -> _Level:
        level = self._levels.pop()
        self._check(level)
        return level

    def _check(self, level: _Level) -> None:
        if level.planned is not None and level.planned != level.count:
            self._problems.append(f"{level.planned} planned, but {level.count} came")


def _outcome(passed: bool, directive: str) -> KtapStatus:
    match directive:
        case "SKIP":
            return KtapStatus.SKIPPED
        case "TODO" | "XFAIL":
            return KtapStatus.PASSED
        case "TIMEOUT":
            return KtapStatus.TIMEOUT
        case "ERROR":
            return KtapStatus.ERROR
    return KtapStatus.PASSED if passed else KtapStatus.FAILED
