"""All tests of one module or several, on each kernel: run side by side, gathered."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.guest import initramfs, trial
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import modinfo
from rkmbuild.testing import cases, explain, programs, script
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.executor import Executor, Job
from rkmbuild.testing.local import LocalExecutor
from rkmbuild.testing.results import KernelRun, Session, TestResult
from rkmbuild.testing.script import Group
from rkmbuild.toolchain.parts import Rust


@dataclass(frozen=True, kw_only=True)
class Built:
    """A module built for one kernel.

    Attributes:
        root: Its project's folder.
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


def find(built: Built, count: int) -> list[Case]:
    """Return the tests that a module has for one kernel.

    Args:
        built: The module.
        count: How often to load and unload it, or 0.

    Raises:
        ProjectError: the head of a test is wrong.
    """
    found = [*cases.in_module(modinfo.read(built.with_tests)), *cases.in_folder(built.root)]
    return [*found, cases.cycles(count)] if count else found


def groups(
    built: Built,
    chosen: Sequence[Case],
    *,
    rust: Callable[[], Rust],
    append: Sequence[str] = (),
) -> list[Group]:
    """Return tests of a module for one kernel, in groups that may run side by side.

    Functions and files share a guest: its boot takes longer than most of them, and one that
    crashes costs the others no more than a new guest. Counting what is left over after many
    cycles needs a kernel of its own.

    Args:
        built: The module.
        chosen: The tests to run.
        rust: Gives what compiles programs; asked only where there are some.
        append: Words for the command line of the guests' kernels.

    Raises:
        UsageError: the module has no such parameter as a test wants; or a word cannot be there.
        BuildError: a program cannot be compiled.
    """
    plain = trial.plan(built.ko, built.tree, append=append)
    files = {
        **plain.files,
        script.with_tests_place(plain.module.name): built.with_tests,
        **_files(built, chosen, rust),
    }
    made = []
    for kinds in ((CaseKind.KERNEL, CaseKind.SCRIPT, CaseKind.PROGRAM), (CaseKind.CYCLES,)):
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
        if case.kind in (CaseKind.SCRIPT, CaseKind.PROGRAM):
            files[cases.FOLDER] = built.root / cases.FOLDER
        if case.kind is CaseKind.PROGRAM:
            files[script.program_place(case)] = programs.build(
                built.root / case.file, rust(), built.tree.arch, built.target / "programs"
            )
    return files


def run(
    planned: Sequence[tuple[Built, Sequence[Group]]],
    *,
    timeout: float,
    report: Callable[[Built, TestResult], None],
    executor: Executor | None = None,
) -> Session:
    """Run all tests, and decode the traces of those that crashed.

    Args:
        planned: Each module on each kernel, and the groups of its tests.
        timeout: Seconds that each test may take.
        report: Called with each result, as it comes; never by two threads at once.
        executor: Where they run; on this machine without one.

    Raises:
        MachineError: a guest cannot be started.
    """
    started = time.monotonic()
    lock = threading.Lock()
    results: list[list[TestResult]] = [[] for _ in planned]
    # Which of the planned modules each job belongs to.
    owners = [number for number, (_, its_groups) in enumerate(planned) for _ in its_groups]
    jobs = [Job(group=group, timeout=timeout) for _, its_groups in planned for group in its_groups]

    def take(job: int, result: TestResult) -> None:
        owner = owners[job]
        whole = explain.explained(result, jobs[job].group)
        with lock:
            results[owner].append(whole)
            report(planned[owner][0], whole)

    booted = (executor or LocalExecutor()).run(jobs, take)
    runs = []
    for number, (built, its_groups) in enumerate(planned):
        order = [case for group in its_groups for case in group.cases]
        own = sorted(
            results[number],
            key=lambda result: order.index(result.case) if result.case in order else len(order),
        )
        runs.append(
            KernelRun(
                project=built.root,
                module=built.name,
                release=built.tree.release,
                results=tuple(own),
                guests=sum(
                    count for owner, count in zip(owners, booted, strict=True) if owner == number
                ),
            )
        )
    return Session(runs=tuple(runs), seconds=time.monotonic() - started)
