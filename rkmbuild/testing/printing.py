"""Results for a person, in the form of cargo: a line for each, failures in full, a summary."""

from collections.abc import Iterator, Sequence

from rkmbuild.klog.kinds import Verdict
from rkmbuild.testing.results import Session, Status, TestResult, counts

_WORDS = {
    Status.PASSED: "ok",
    Status.SKIPPED: "skipped",
    Status.FAILED: "FAILED",
    Status.ERROR: "ERROR",
    Status.TIMEOUT: "TIMEOUT",
    Status.CRASHED: "CRASHED",
}


def line(result: TestResult, place: str = "") -> str:
    """Return the line that a result gets when it comes.

    Args:
        result: What came of a test.
        place: Whose test it is, and where it ran, if there are several.
    """
    where = f"[{place}] " if place else ""
    why = f": {result.message}" if result.status is Status.SKIPPED and result.message else ""
    took = "" if result.seconds is None else f" ({result.seconds:.2f} s)"
    return f"test {where}{result.case.name} ... {_WORDS[result.status]}{why}{took}"


def failures(session: Session) -> Iterator[str]:
    """Return what went wrong, in full."""
    bad = [
        (session.place(run), result)
        for run in session.runs
        for result in run.results
        if not result.status.good
    ]
    if not bad:
        return
    yield ""
    yield "failures:"
    for place, result in bad:
        yield ""
        source = f" ({result.case.file}:{result.case.line})" if result.case.line else ""
        where = f" [{place}]" if place else ""
        yield f"---- {result.case.name}{source}{where} ----"
        yield f"{_WORDS[result.status]}: {result.message}"
        yield from _indented("its output:", result.output)
        yield from _indented("the kernel's log:", [str(message) for message in result.log])
        yield from _indented("in the source:", result.explanation)


def warnings(session: Session) -> Iterator[str]:
    """Return what the kernel warned of during tests that passed."""
    for run in session.runs:
        place = session.place(run)
        where = f"[{place}] " if place else ""
        for result in run.results:
            for trouble in result.troubles if result.status.good else ():
                if trouble.verdict is Verdict.NOTE:
                    continue
                yield f"the kernel warned during {where}{result.case.name}: {trouble.title}"


def table(session: Session) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of a table of tests and kernels."""
    words: dict[tuple[str, ...], dict[str, str]] = {}
    for run in session.runs:
        for result in run.results:
            test = words.setdefault((run.module, result.case.name), {})
            test[run.release] = _WORDS[result.status]
    # One module's name need not be said with each test.
    first = 0 if len(session.modules) > 1 else 1
    rows = [
        [*names[first:], *(by_kernel.get(release, "-") for release in session.releases)]
        for names, by_kernel in words.items()
    ]
    return [*("module", "test")[first:], *session.releases], rows


def summary(session: Session) -> str:
    """Return the last line."""
    told = counts(session.results)
    parts = [
        f"{number} {status}"
        for status, number in told.items()
        if number or status in (Status.PASSED, Status.FAILED)
    ]
    guests = sum(run.guests for run in session.runs)
    return (
        f"test result: {'ok' if session.good else 'FAILED'}. {'; '.join(parts)}; "
        f"finished in {session.seconds:.2f} s, {guests} guest{'' if guests == 1 else 's'}"
    )


def _indented(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from (f"    {line}".rstrip() for line in lines)
