"""`rkmbuild test`: run a project's tests in virtual machines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from rkmbuild.testing.results import Session, TestResult
    from rkmbuild.testing.session import Built

# With fewer, a cache's own ups and downs cannot be told from a leak.
_FEWEST_CYCLES = 20


def run_tests(
    path: options.Project = Path(),
    package: options.Package = None,
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
            "--filter", "-f", metavar="SUBSTRING", help="Run the tests whose name contains this."
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
    """Run a project's tests in virtual machines.

    Tests are the functions of the crate marked `kernel_test`, which run inside the kernel, and the
    scripts (*.sh) and programs (*.rs) in tests/, which run with the module loaded.

    Exit status: 0 all passed, 24 some did not; others as `build` and `run`.
    """
    from rkmbuild.build import selection
    from rkmbuild.errors import TestsFailedError, UsageError
    from rkmbuild.testing import junit as xml

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    if as_json and ktap:
        raise UsageError("--json and --ktap exclude each other")
    if 0 < cycles < _FEWEST_CYCLES or cycles < 0:
        raise UsageError(f"--cycles takes {_FEWEST_CYCLES} or more: fewer tell no leak from noise")
    if junit:
        xml.prepare(junit)
    built = _build(selection.select_one(path, package).root, kernel or [None], toolchain)
    session = _run(
        built,
        count=cycles,
        filters=tuple(filter_ or ()),
        timeout=timeout,
        toolchain=toolchain,
        silent=as_json or ktap,
    )
    if junit:
        xml.write(session, junit)
    _show(session, ktap=ktap)
    if not all(run.good for run in session.runs):
        bad = sum(not result.status.good for result in session.results)
        failure = TestsFailedError(f"{bad} of {len(session.results)} tests did not pass")
        if as_json:
            raise typer.Exit(failure.code)
        raise failure


def _build(path: Path, kernels: "list[str] | list[None]", toolchain: str | None) -> "list[Built]":
    from rkmbuild.build import pipeline
    from rkmbuild.kernel import find
    from rkmbuild.run import guest
    from rkmbuild.testing.session import Built

    trees = {tree.release: tree for tree in map(find.select, kernels)}
    made = []
    for tree in trees.values():
        guest.bootable(tree)
        plain, with_tests = (
            pipeline.build(
                pipeline.BuildRequest(
                    path=path, kernel=str(tree.build), toolchain=toolchain, tests=tests
                )
            )
            for tests in (False, True)
        )
        made.append(
            Built(
                root=plain.project.root,
                target=plain.project.target,
                name=plain.project.module,
                tree=tree,
                ko=plain.module,
                with_tests=with_tests.module,
            )
        )
    return made


def _run(
    built: "list[Built]",
    *,
    count: int,
    filters: tuple[str, ...],
    timeout: float,
    toolchain: str | None,
    silent: bool,
) -> "Session":
    from rkmbuild.testing import session
    from rkmbuild.toolchain import rust

    planned = [
        (
            each.tree,
            session.groups(
                each,
                count=count,
                filters=filters,
                rust=lambda: rust.choose(toolchain)[0],
                together=len(built) > 1,
            ),
        )
        for each in built
    ]
    number = sum(len(group.cases) for _, groups in planned for group in groups)
    releases = ", ".join(each.tree.release for each in built)
    if number:
        console.status("Testing", f"`{built[0].name}` on {releases}")
    else:
        console.warning(
            f"`{built[0].name}` has no tests: no #[kernel_test] function, no tests/*.sh or *.rs"
        )
    return session.run(
        built[0].root,
        built[0].name,
        planned,
        timeout=timeout,
        report=_printer(silent=silent, with_kernel=len(built) > 1),
    )


def _printer(*, silent: bool, with_kernel: bool) -> "Callable[[TestResult], None]":
    from rkmbuild.testing import show

    def report(result: "TestResult") -> None:
        if not silent:
            console.line(show.line(result, with_kernel=with_kernel))
            console.flush()

    return report


def _show(session: "Session", *, ktap: bool) -> None:
    from rkmbuild.testing import ktap as protocol
    from rkmbuild.testing import show

    if console.is_json():
        console.result(session.document())
        return
    if ktap:
        for line in protocol.document(session):
            console.line(line)
        return
    for line in show.failures(session):
        console.line(line)
    if len(session.runs) > 1:
        console.line()
        console.table(*show.table(session.runs))
    for line in show.warnings(session):
        console.warning(line)
    console.line()
    console.line(show.summary(session))
