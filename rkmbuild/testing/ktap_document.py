"""Results as one document of the Kernel Test Anything Protocol, version 1."""

from collections.abc import Iterator, Sequence

from rkmbuild.testing.results import Session, Status, TestResult

_DIRECTIVES = {
    Status.SKIPPED: "SKIP",
    Status.ERROR: "ERROR",
    Status.TIMEOUT: "TIMEOUT",
    Status.CRASHED: "ERROR crashed:",
}


def document(session: Session) -> Iterator[str]:
    """Return the lines: a test for each module and kernel, its own tests nested in it."""
    yield "KTAP version 1"
    yield f"1..{len(session.runs)}"
    for number, run in enumerate(session.runs, start=1):
        yield from (f"  {line}" for line in _nested(run.results))
        yield f"{'ok' if run.good else 'not ok'} {number} {session.place(run) or run.release}"


def _nested(results: Sequence[TestResult]) -> Iterator[str]:
    yield "KTAP version 1"
    yield f"1..{len(results)}"
    for number, result in enumerate(results, start=1):
        if not result.status.good:
            for line in (*result.output, *map(str, result.log), *result.explanation):
                yield f"# {line}"
        word = "ok" if result.status.good else "not ok"
        # A `#` would end the name.
        line = f"{word} {number} {result.case.name.replace('#', '_')}"
        directive = _DIRECTIVES.get(result.status, "")
        if directive or result.message:
            line += f" # {directive} {result.message}".rstrip().replace("#  ", "# ")
        yield line
