"""What `test` is asked for: builds each module for each kernel, chooses tests, and runs them."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import console
from rkmbuild.guest import boot
from rkmbuild.kernel import find, images
from rkmbuild.pipeline import pipeline
from rkmbuild.project import selection
from rkmbuild.testing import cases, results, session
from rkmbuild.testing.executor import Executor
from rkmbuild.testing.results import Session, TestResult
from rkmbuild.testing.session import Built
from rkmbuild.toolchain import rust


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for.

    Attributes:
        path: The folder of a project or a workspace.
        packages: Which of the workspace's; all without any.
        kernels: As `find.select` takes them; the running one without any.
        filters: Parts of names of tests; all tests without any.
        cycles: How often to load and unload each module, or 0.
        timeout: Seconds for each test.
        toolchain: A rustup toolchain, or None.
        image: What to boot in place of the kernel's own image.
        append: Words for the command line of the guests' kernels.
    """

    path: Path
    packages: Sequence[str] = ()
    kernels: Sequence[str] = ()
    filters: Sequence[str] = ()
    cycles: int = 0
    timeout: float
    toolchain: str | None = None
    image: Path | None = None
    append: Sequence[str] = ()


def run(
    request: Request,
    on_result: Callable[[str, TestResult], None],
    executor: Executor | None = None,
) -> Session:
    """Do what is asked for, and return what came of it.

    Args:
        request: It.
        on_result: Called with each result as it comes, and with what tells its module and kernel
            from the others (`results.place`); never by two threads at once.
        executor: Where guests run; on this machine without one.

    Raises:
        UsageError: there is no such package, or no such test.
        MachineError: a kernel has no image, or a guest cannot be started.
        ProjectError, KernelError, ToolchainError, BuildError: a module cannot be built.
    """
    built = _build(request)
    chosen = cases.chosen([session.find(each, request.cycles) for each in built], request.filters)
    planned = [
        (
            each,
            session.groups(
                each,
                its_cases,
                rust=lambda: rust.choose(request.toolchain)[0],
                append=request.append,
            ),
        )
        for each, its_cases in zip(built, chosen, strict=True)
    ]
    modules = list(dict.fromkeys(each.name for each in built))
    releases = list(dict.fromkeys(each.tree.release for each in built))
    names = ", ".join(f"`{name}`" for name in modules)
    if any(chosen):
        console.status("Testing", f"{names} on {', '.join(releases)}")
    else:
        verb = "has" if len(modules) == 1 else "have"
        console.warning(
            f"{names} {verb} no tests: no #[kernel_test] function, no tests/*.sh or *.rs"
        )

    def report(each: Built, result: TestResult) -> None:
        on_result(results.place(each.name, modules, result.release, releases), result)

    return session.run(planned, timeout=request.timeout, report=report, executor=executor)


def _build(request: Request) -> list[Built]:
    boot.appended(request.append)
    modules = selection.select(request.path, request.packages)
    kernels: Sequence[str | None] = request.kernels or [None]
    trees = {tree.release: tree for tree in map(find.select, kernels)}
    if request.image:
        trees = {release: images.with_image(tree, request.image) for release, tree in trees.items()}
    for tree in trees.values():
        # One that cannot be booted is told before anything is built.
        boot.bootable(tree)
    made = []
    for module, tree in itertools.product(modules, trees.values()):
        plain, with_tests = (
            pipeline.build(
                pipeline.BuildRequest(
                    path=module.root,
                    kernel=str(tree.build),
                    toolchain=request.toolchain,
                    tests=tests,
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
