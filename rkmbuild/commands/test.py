"""`rkmbuild test`: run the tests of a project, or of a workspace, in virtual machines."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.testing.cases import Case
    from rkmbuild.testing.results import Session, TestResult
    from rkmbuild.testing.session import Built

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
    from rkmbuild.project import selection
    from rkmbuild.testing import cases
    from rkmbuild.testing import junit as xml
    from rkmbuild.testing import session as sessions

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    if as_json and ktap:
        raise UsageError("--json and --ktap cannot be used together")
    if 0 < cycles < _FEWEST_CYCLES or cycles < 0:
        raise UsageError(
            f"--cycles needs {_FEWEST_CYCLES} or more: with fewer a leak cannot be told from noise"
        )
    if junit:
        xml.prepare(junit)
    modules = selection.select(path, package or ())
    built = _build([module.root for module in modules], kernel or [None], toolchain)
    found = cases.chosen([sessions.find(each, cycles) for each in built], filter_ or ())
    session = _run(
        list(zip(built, found, strict=True)),
        timeout=timeout,
        toolchain=toolchain,
        silent=as_json or ktap,
    )
    if junit:
        xml.write(session, junit)
    _show(session, ktap=ktap)
    if not session.good:
        bad = sum(not result.status.good for result in session.results)
        failure = TestsFailedError(f"{bad} of {len(session.results)} tests did not pass")
        if as_json:
            raise typer.Exit(failure.code)
        raise failure


def _build(
    paths: list[Path], kernels: "list[str] | list[None]", toolchain: str | None
) -> "list[Built]":
    from rkmbuild.guest import boot
    from rkmbuild.kernel import find
    from rkmbuild.pipeline import pipeline
    from rkmbuild.testing.session import Built

    trees = {tree.release: tree for tree in map(find.select, kernels)}
    for tree in trees.values():
        boot.bootable(tree)
    made = []
    for path, tree in itertools.product(paths, trees.values()):
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
    found: "list[tuple[Built, tuple[Case, ...]]]",
    *,
    timeout: float,
    toolchain: str | None,
    silent: bool,
) -> "Session":
    from rkmbuild.testing import printing, results, session
    from rkmbuild.toolchain import rust

    planned = [
        (
            built,
            session.groups(
                built, chosen, rust=lambda: rust.choose(toolchain)[0], together=len(found) > 1
            ),
        )
        for built, chosen in found
    ]
    modules = list(dict.fromkeys(built.name for built, _ in found))
    releases = list(dict.fromkeys(built.tree.release for built, _ in found))
    names = ", ".join(f"`{name}`" for name in modules)
    if any(chosen for _, chosen in found):
        console.status("Testing", f"{names} on {', '.join(releases)}")
    else:
        verb = "has" if len(modules) == 1 else "have"
        console.warning(
            f"{names} {verb} no tests: no #[kernel_test] function, no tests/*.sh or *.rs"
        )

    def report(built: "Built", result: "TestResult") -> None:
        if not silent:
            where = results.place(built.name, modules, result.release, releases)
            console.line(printing.line(result, where))
            console.flush()

    return session.run(planned, timeout=timeout, report=report)


def _show(session: "Session", *, ktap: bool) -> None:
    from rkmbuild.testing import ktap_document as protocol
    from rkmbuild.testing import printing

    if console.is_json():
        console.result(session.document())
        return
    if ktap:
        for line in protocol.document(session):
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
