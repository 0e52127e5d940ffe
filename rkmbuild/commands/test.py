"""`rkmbuild test`: run the tests of a project, or of a workspace, in virtual machines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.testing.results import Session, TestResult

# With fewer, a cache's own ups and downs cannot be told from a leak.
_FEWEST_CYCLES = 20


def run_tests(
    path: options.Project = Path(),
    package: options.Packages = None,
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            "--kernel",
            "-k",
            metavar="RELEASE",
            help="Kernel to test on, as `build` takes it; may be given several times.",
            show_default="the running one",
        ),
    ] = None,
    image: options.Image = None,
    append: options.Append = None,
    cycles: Annotated[
        int,
        typer.Option(
            metavar="N",
            help=f"Also load and unload the module N times ({_FEWEST_CYCLES} or more) and look for "
            "memory leaks.",
            show_default=False,
        ),
    ] = 0,
    filter_: Annotated[
        list[str] | None,
        typer.Option(
            "--filter", metavar="SUBSTRING", help="Run the tests whose name contains this."
        ),
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="Time for each test.")
    ] = 30.0,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit's XML, too.")
    ] = None,
    ktap: Annotated[
        bool, typer.Option("--ktap", help="Print the results as KTAP, and nothing else.")
    ] = False,
    toolchain: options.Toolchain = None,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Run the tests of a project, or of all modules of a workspace, in virtual machines.

    Tests are the functions of the crate marked `kernel_test`, which run inside the kernel, and the
    scripts (*.sh) and programs (*.rs) in tests/, which run with the module loaded.

    Exit status: 0 all passed, 24 some did not; others as `build` and `run`.
    """
    from rkmbuild.base.errors import TestsFailedError, UsageError
    from rkmbuild.testing import junit_document, printing, request

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    if as_json and ktap:
        raise UsageError("--json and --ktap cannot be used together")
    if 0 < cycles < _FEWEST_CYCLES or cycles < 0:
        raise UsageError(
            f"--cycles needs {_FEWEST_CYCLES} or more: with fewer a leak cannot be told from noise"
        )
    if junit:
        junit_document.prepare(junit)
    silent = as_json or ktap

    def show(place: str, result: "TestResult") -> None:
        if not silent:
            console.line(printing.line(result, place))
            console.flush()

    session = request.run(
        request.Request(
            path=path,
            packages=package or (),
            kernels=kernel or (),
            filters=filter_ or (),
            cycles=cycles,
            timeout=timeout,
            toolchain=toolchain,
            image=image,
            append=append or (),
        ),
        show,
    )
    if junit:
        junit_document.write(session, junit)
    _show(session, ktap=ktap)
    if not session.good:
        bad = sum(not result.status.good for result in session.results)
        failure = TestsFailedError(f"{bad} of {len(session.results)} tests did not pass")
        if as_json:
            raise typer.Exit(failure.code)
        raise failure


def _show(session: "Session", *, ktap: bool) -> None:
    from rkmbuild.testing import ktap_document, printing

    if console.is_json():
        console.result(session.document())
        return
    if ktap:
        for line in ktap_document.document(session):
            console.line(line)
        return
    for line in printing.failures(session):
        console.line(line)
    if len(session.releases) > 1:
        console.line()
        console.table(*printing.table(session))
    for line in printing.warnings(session):
        console.warning(line)
    console.line()
    console.line(printing.summary(session))
