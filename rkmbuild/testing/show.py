"""Results for a person, in the form of cargo: a line for each, failures in full, a summary."""

from collections.abc import Iterator, Sequence

from rkmbuild.testing.results import KernelRun, Session, Status, TestResult, counts

_WORDS = {
    Status.PASSED: "ok",
    Status.SKIPPED: "skipped",
    Status.FAILED: "FAILED",
    Status.ERROR: "ERROR",
    Status.TIMEOUT: "TIMEOUT",
    Status.CRASHED: "CRASHED",
}


def line(result: TestResult, *, with_kernel: bool) -> str:
    """Return the line that a result gets when it comes."""
    where = f"[{result.release}] " if with_kernel else ""
    why = f": {result.message}" if result.status is Status.SKIPPED and result.message else ""
    took = "" if result.seconds is None else f" ({result.seconds:.2f} s)"
    return f"test {where}{result.case.name} ... {_WORDS[result.status]}{why}{took}"


def failures(session: Session) -> Iterator[str]:
    """Return what went wrong, in full."""
    bad = [result for result in session.results if not result.status.good]
    if not bad:
        return
    several = len(session.runs) > 1
    yield ""
    yield "failures:"
    for result in bad:
        yield ""
        place = f" ({result.case.file}:{result.case.line})" if result.case.line else ""
        where = f" on {result.release}" if several else ""
        yield f"---- {result.case.name}{place}{where} ----"
        yield f"{_WORDS[result.status]}: {result.message}"
        yield from _indented("what it said:", result.output)
        yield from _indented("what the kernel said:", [str(message) for message in result.log])
        yield from _indented("what that is in the source:", result.explanation)


def warnings(session: Session) -> Iterator[str]:
    """Return what the kernel warned of during tests that passed."""
    for result in session.results:
        if result.status.good:
            for trouble in result.troubles:
                yield f"the kernel warned during {result.case.name}: {trouble.title}"


def table(runs: Sequence[KernelRun]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of a table of tests and kernels."""
    names = list(dict.fromkeys(r.case.name for run in runs for r in run.results))
    by_run = [{result.case.name: result for result in run.results} for run in runs]
    rows = [
        [name, *(_WORDS[known[name].status] if name in known else "-" for known in by_run)]
        for name in names
    ]
    return ["test", *(run.release for run in runs)], rows


def summary(session: Session) -> str:
    """Return the last line."""
    good = all(run.good for run in session.runs)
    told = counts(session.results)
    parts = [
        f"{number} {status}"
        for status, number in told.items()
        if number or status in (Status.PASSED, Status.FAILED)
    ]
    guests = sum(run.guests for run in session.runs)
    return (
        f"test result: {'ok' if good else 'FAILED'}. {'; '.join(parts)}; "
        f"finished in {session.seconds:.2f} s, {guests} guest{'' if guests == 1 else 's'}"
    )


def _indented(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield f"  {title}"
        yield from (f"    {line}".rstrip() for line in lines)
