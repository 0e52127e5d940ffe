"""What came of tests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.trouble import Trouble
from rkmbuild.testing.cases import Case
from rkmbuild.trace import text
from rkmbuild.trace.decoded import Decoded


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
        return [line for each in self.decoded for line in text.lines(each)]

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
    """All tests of a module on one kernel, in the order in which its project has them.

    Attributes:
        project: The project's folder.
        module: The module's name.
        release: The kernel.
        results: What came of each.
        guests: How many guests were booted.
    """

    project: Path
    module: str
    release: str
    results: tuple[TestResult, ...]
    guests: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return all(result.status.good for result in self.results)

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "release": self.release,
            "counts": counts(self.results),
            "guests": self.guests,
            "tests": [result.document() for result in self.results],
        }


@dataclass(frozen=True, kw_only=True)
class Session:
    """All that `rkmbuild test` did.

    Attributes:
        runs: One for each module and kernel, those of a module one after another.
        seconds: Wall time, without the building.
    """

    runs: tuple[KernelRun, ...]
    seconds: float

    @property
    def results(self) -> tuple[TestResult, ...]:
        """The results of all modules on all kernels."""
        return tuple(result for run in self.runs for result in run.results)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return all(run.good for run in self.runs)

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of the modules."""
        return tuple(dict.fromkeys(run.module for run in self.runs))

    @property
    def releases(self) -> tuple[str, ...]:
        """The kernels."""
        return tuple(dict.fromkeys(run.release for run in self.runs))

    def place(self, run: KernelRun) -> str:
        """Return what tells a run from the others, as `place` does."""
        return place(run.module, self.modules, run.release, self.releases)

    def document(self) -> dict[str, Any]:
        """Return it as `--json` prints it; several modules are listed in one document."""
        modules = [
            self._module([run for run in self.runs if run.module == name]) for name in self.modules
        ]
        whole = modules[0] if len(modules) == 1 else {"modules": modules}
        return {"counts": counts(self.results), "seconds": round(self.seconds, 3)} | whole

    @staticmethod
    def _module(runs: Sequence[KernelRun]) -> dict[str, Any]:
        return {
            "project": str(runs[0].project),
            "module": runs[0].module,
            "counts": counts([result for run in runs for result in run.results]),
            "kernels": [run.document() for run in runs],
        }


def place(module: str, modules: Sequence[str], release: str, releases: Sequence[str]) -> str:
    """Return what tells the tests of a module on a kernel from others, as `reader on 6.12.9`.

    Empty where there is one module and one kernel.
    """
    parts = ([module] if len(modules) > 1 else []) + ([release] if len(releases) > 1 else [])
    return " on ".join(parts)


def counts(results: Sequence[TestResult]) -> dict[str, int]:
    """Return how many results have each status, the statuses in the order of their gravity."""
    found = Counter(result.status for result in results)
    return {status.value: found[status] for status in Status}
