"""Carries a plan out: the stages in their order, those that need not wait side by side."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rkmbuild import cache, console, runner
from rkmbuild.build import bindings as binding
from rkmbuild.build import crate, fingerprint, kbuild, kernel_crate, project, sysroot
from rkmbuild.build import plan as plans
from rkmbuild.build.finish import finish
from rkmbuild.build.plan import BuildPlan, BuildRequest
from rkmbuild.build.project import Project
from rkmbuild.build.stages import Clock, StageTime
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree

__all__ = ["BuildRequest", "BuildResult", "build", "prepare"]

_STATE = "state.json"


@dataclass(frozen=True, kw_only=True)
class BuildResult:
    """A finished build.

    Attributes:
        module: The `.ko`, without debug information.
        debug: The file with the debug information.
        tree: The kernel that it is for.
        project: The project that it was made from.
        fresh: Whether there was nothing to do.
        stages: The stages that ran.
    """

    module: Path
    debug: Path
    tree: KernelTree
    project: Project
    fresh: bool
    stages: tuple[StageTime, ...]

    def document(self) -> dict[str, Any]:
        """Return the result as `--json` prints it; sizes in bytes, times in seconds."""
        return {
            "module": str(self.module),
            "debug": str(self.debug),
            "size": self.module.stat().st_size,
            "name": self.project.module,
            "release": self.tree.release,
            "fresh": self.fresh,
            "stages": [asdict(stage) for stage in self.stages],
        }


def prepare(request: BuildRequest) -> BuildPlan:
    """Return what `build` would do; raises what it would raise before it starts."""
    return plans.make(request, project.load(request.path), find.select(request.kernel))


def build(request: BuildRequest) -> BuildResult:
    """Build a module project for one kernel.

    Raises:
        ProjectError, KernelError, ToolchainError, BuildError, StorageError: as the classes say.
    """
    clock = Clock()
    source = project.load(request.path)
    tree = find.select(request.kernel)
    key = fingerprint.request_key(request)
    state = plans.folder(source, tree) / request.cargo.profile / _STATE
    noted = fingerprint.is_current(state, key)
    if noted is None:
        with _alone(source) as lock:
            noted = fingerprint.is_current(state, key)
            if noted is None:
                with clock.stage("plan"):
                    plan = plans.make(request, source, tree)
                return _carry_out(plan, clock, state, key, lock=lock)
    files = noted["result"]
    return BuildResult(
        module=Path(files["module"]),
        debug=Path(files["debug"]),
        tree=tree,
        project=source,
        fresh=True,
        stages=(),
    )


@contextlib.contextmanager
def _alone(source: Project) -> Iterator[int]:
    """Keep other builds of the same project out, and give the descriptor that does so.

    kbuild inherits it: a lock of flock(2) lasts until the last process that has it open is gone,
    so that a build waits for what a killed one left running, which writes to the same folder.
    """
    with cache.writing(source.target):
        source.target.mkdir(parents=True, exist_ok=True)
        cache.tag(source.target)
        lock = os.open(source.target / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.status("Blocking", "waiting for another build of this project")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _carry_out(plan: BuildPlan, clock: Clock, state: Path, key: str, *, lock: int) -> BuildResult:
    state.unlink(missing_ok=True)
    jobs = plan.cargo.jobs

    def make_sysroot() -> Path:
        with _cached(clock, "sysroot", plan.sysroot.key, "core and alloc"):
            return sysroot.build(plan.sysroot, plan.rust, plan.facts, jobs)

    def make_bindings() -> Path:
        with _cached(clock, "bindings", plan.bindings.key, f"bindings of {plan.tree.release}"):
            return binding.build(plan.bindings, plan.bindgen, plan.compiler)

    root, bound = _side_by_side(make_sysroot, make_bindings)
    with _cached(clock, "kernel-crate", plan.crate.key, f"kernel crate for {plan.tree.release}"):
        kernel = kernel_crate.build(
            plan.crate, plan.rust, plan.facts, root=root, bound=bound, jobs=jobs
        )
    with clock.stage("crate"):
        library = crate.build(
            plan.project,
            plan.rust,
            plan.facts,
            target=sysroot.target_path(root, plan.tree.arch),
            folder=state.parent.parent / "cargo",
            flags=_flags(plan, root, kernel, state.parent.parent),
            options=plan.cargo,
            colour=sys.stderr.isatty(),
        )
    with clock.stage("kbuild", "Linking", f"{plan.project.module}.ko for {plan.tree.release}"):
        made = kbuild.build(plan.kbuild, library.archive, lock=lock, jobs=jobs)
    module = state.parent.parent / f"{plan.project.module}.ko"
    with clock.stage("finish"):
        debug = finish(made, module, plan.objcopy)
    _note(plan, library, state, key, outputs=(module, debug))
    return BuildResult(
        module=module,
        debug=debug,
        tree=plan.tree,
        project=plan.project,
        fresh=False,
        stages=clock.stages,
    )


def _side_by_side(*stages: Callable[[], Path]) -> list[Path]:
    """Run stages that do not need each other; the first failure stops the others."""
    with ThreadPoolExecutor(len(stages)) as pool:
        futures: list[Future[Path]] = [pool.submit(stage) for stage in stages]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            runner.stop_all()
            raise
        return [future.result() for future in futures]


@contextlib.contextmanager
def _cached(clock: Clock, kind: str, name: str, text: str) -> Iterator[None]:
    """Note a stage whose result the cache keeps, and show it if it has to be made."""
    if cache.find(kind, name):
        yield
        return
    with clock.stage(kind, "Building", text):
        yield


def _flags(plan: BuildPlan, root: Path, kernel: Path, work: Path) -> list[str]:
    flags = [*plan.sysroot.flags, f"--sysroot={root}", *kernel_crate.flags(kernel)]
    sources = sorted((plan.project.root / "src").rglob("*.rs"))
    extra = kernel_crate.extra_cfgs(plan.tree, sources)
    if extra:
        file = work / f"cfgs-{cache.key(extra)}"
        with cache.writing(file):
            work.mkdir(parents=True, exist_ok=True)
            file.write_text(extra)
        flags.append(f"@{file}")
    return flags


def _note(
    plan: BuildPlan, library: crate.Library, state: Path, key: str, *, outputs: tuple[Path, Path]
) -> None:
    module, debug = outputs
    tools = (plan.rust.rustc, plan.rust.cargo, plan.bindgen.path, plan.bindgen.libclang,
             plan.compiler.path, plan.objcopy.path)  # fmt: skip
    inputs = fingerprint.project_inputs(plan.project, library.dep_info, state.parent)
    with cache.writing(state):
        fingerprint.note(
            state,
            key,
            inputs=inputs | fingerprint.tool_inputs(plan.tree, tools),
            outputs=(module, debug, library.archive),
            result={"module": str(module), "debug": str(debug)},
        )
