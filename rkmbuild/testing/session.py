"""All tests of a project, on each of its kernels: built, run side by side, gathered."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from rkmbuild import runner
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.module import modinfo
from rkmbuild.run import initramfs, module
from rkmbuild.testing import cases, guests, programs, script
from rkmbuild.testing.cases import Case, Kind
from rkmbuild.testing.results import KernelRun, Session, TestResult
from rkmbuild.testing.script import Group
from rkmbuild.toolchain.parts import Rust


@dataclass(frozen=True, kw_only=True)
class Built:
    """A project built for one kernel.

    Attributes:
        root: Its folder.
        target: Where we may write.
        name: The module's name.
        tree: The kernel.
        ko: The module.
        with_tests: The module with its tests inside.
    """

    root: Path
    target: Path
    name: str
    tree: KernelTree
    ko: Path
    with_tests: Path


def groups(
    built: Built,
    *,
    count: int,
    filters: Sequence[str],
    rust: Callable[[], Rust],
    together: bool = False,
) -> list[Group]:
    """Return the tests of a project for one kernel, in groups that may run side by side.

    Args:
        built: The project.
        count: How often to load and unload the module, or 0.
        filters: Parts of names of the tests to run; without any, all of them.
        rust: Gives what compiles programs; asked only where there are some.
        together: Whether functions and files share a guest: with several kernels there is enough
            to run side by side.

    Raises:
        ProjectError, UsageError: the head of a test is wrong, or no test is chosen.
        BuildError: a program cannot be compiled.
    """
    plain = module.plan(built.ko, built.tree)
    found = [*cases.in_module(modinfo.read(built.with_tests)), *cases.in_folder(built.root)]
    found += [cases.cycles(count)] if count else []
    chosen = cases.chosen(found, filters)
    files = {
        **plain.files,
        script.with_tests_place(plain.module.name): built.with_tests,
        **_files(built, chosen, rust),
    }
    inside, beside = (Kind.KERNEL,), (Kind.SCRIPT, Kind.PROGRAM)
    parts = [(*inside, *beside)] if together else [inside, beside]
    made = []
    for kinds in (*parts, (Kind.CYCLES,)):
        members = tuple(case for case in chosen if case.kind in kinds)
        if members:
            group = Group(
                tree=built.tree,
                module=plain.module.name,
                with_tests=built.with_tests,
                needed=plain,
                cases=members,
                files=files,
            )
            # A parameter that there is not is told before a guest boots.
            script.commands(group, members)
            made.append(group)
    return made


def _files(
    built: Built, chosen: Sequence[Case], rust: Callable[[], Rust]
) -> dict[str, initramfs.Content]:
    files: dict[str, initramfs.Content] = {}
    for case in chosen:
        if case.kind in (Kind.SCRIPT, Kind.PROGRAM):
            files[cases.FOLDER] = built.root / cases.FOLDER
        if case.kind is Kind.PROGRAM:
            files[script.program_place(case)] = programs.build(
                built.root / case.file, rust(), built.tree.arch, built.target / "programs"
            )
    return files


def run(
    root: Path,
    name: str,
    planned: Sequence[tuple[KernelTree, Sequence[Group]]],
    *,
    timeout: float,
    report: Callable[[TestResult], None],
) -> Session:
    """Run the tests of all kernels, as many guests side by side as there are processors.

    Args:
        root: The project's folder.
        name: The module's name.
        planned: The groups of each kernel.
        timeout: Seconds that each test may take.
        report: Called with each result, as it comes; never by two threads at once.

    Raises:
        MachineError: a guest cannot be started.
    """
    started = time.monotonic()
    lock = threading.Lock()
    stopped = threading.Event()
    results: list[TestResult] = []

    def take(result: TestResult) -> None:
        with lock:
            results.append(result)
            report(result)

    def one(group: Group) -> int:
        return guests.run(
            group, timeout=timeout, report=take, going_on=lambda: not stopped.is_set()
        )

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        futures = {
            tree.release: [pool.submit(one, group) for group in of_tree]
            for tree, of_tree in planned
        }
        everything = [future for of_tree in futures.values() for future in of_tree]
        try:
            done, _ = wait(everything, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            runner.stop_all()
            raise
    runs = []
    for tree, of_tree in planned:
        order = [case for group in of_tree for case in group.cases]
        own = [result for result in results if result.release == tree.release]
        own.sort(
            key=lambda result: order.index(result.case) if result.case in order else len(order)
        )
        booted = sum(future.result() for future in futures[tree.release])
        runs.append(KernelRun(release=tree.release, results=tuple(own), guests=booted))
    return Session(project=root, module=name, runs=tuple(runs), seconds=time.monotonic() - started)
