"""What came of tests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rkmbuild.run.klog import KernelMessage
from rkmbuild.run.outcome import Trouble
from rkmbuild.testing.cases import Case
from rkmbuild.trace import show
from rkmbuild.trace.decode import Decoded


class Status(StrEnum):
    """What came of a test."""

    PASSED = "passed"
    SKIPPED = "skipped"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"

    @property
    def good(self) -> bool:
        """Whether nothing is wrong with it."""
        return self in (Status.PASSED, Status.SKIPPED)


@dataclass(frozen=True, kw_only=True)
class TestResult:
    """What came of one test on one kernel.

    Attributes:
        case: The test.
        release: The kernel.
        status: What came of it; `error` where it could not be run as it should.
        message: Why, in a line; empty where it passed.
        seconds: Wall time; None where it did not end.
        output: What it printed.
        log: What the kernel printed meanwhile.
        troubles: Reports of the kernel in it that something is wrong.
        decoded: Its traces, as functions, files and lines of the source.
    """

    # pytest takes every class of such a name for tests.
    __test__ = False

    case: Case
    release: str
    status: Status
    message: str = ""
    seconds: float | None = None
    output: tuple[str, ...] = ()
    log: tuple[KernelMessage, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    decoded: tuple[Decoded, ...] = ()

    @property
    def explanation(self) -> list[str]:
        """The decoded traces, as `decode` shows them."""
        return [line for each in self.decoded for line in show.lines(each)]

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it; times in seconds."""
        return {
            "name": self.case.name,
            "kind": self.case.kind.value,
            "file": self.case.file or None,
            "line": self.case.line or None,
            "params": list(self.case.params),
            "status": self.status.value,
            "message": self.message or None,
            "seconds": None if self.seconds is None else round(self.seconds, 3),
            "output": list(self.output),
            "messages": [message.document() for message in self.log],
            "troubles": [trouble.document() for trouble in self.troubles],
            "decoded": [each.document() for each in self.decoded],
        }


@dataclass(frozen=True, kw_only=True)
class KernelRun:
    """All tests on one kernel, in the order in which the project has them.

    Attributes:
        release: The kernel.
        results: What came of each.
        guests: How many guests were booted.
    """

    release: str
    results: tuple[TestResult, ...]
    guests: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return all(result.status.good for result in self.results)


@dataclass(frozen=True, kw_only=True)
class Session:
    """All that `rkmbuild test` did.

    Attributes:
        project: The project's folder.
        module: The module's name.
        runs: One for each kernel.
        seconds: Wall time, without the building.
    """

    project: Path
    module: str
    runs: tuple[KernelRun, ...]
    seconds: float

    @property
    def results(self) -> tuple[TestResult, ...]:
        """The results of all kernels."""
        return tuple(result for run in self.runs for result in run.results)

    def document(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {
            "project": str(self.project),
            "module": self.module,
            "counts": counts(self.results),
            "seconds": round(self.seconds, 3),
            "kernels": [
                {
                    "release": run.release,
                    "counts": counts(run.results),
                    "guests": run.guests,
                    "tests": [result.document() for result in run.results],
                }
                for run in self.runs
            ],
        }


def counts(results: Sequence[TestResult]) -> dict[str, int]:
    """Return how many results have each status, the statuses in the order of their gravity."""
    found = Counter(result.status for result in results)
    return {status.value: found[status] for status in Status}
