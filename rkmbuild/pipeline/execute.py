"""Carries a plan out: the stages in their order, those that need not wait side by side."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import cache, console, process
from rkmbuild.pipeline import bindings as binding
from rkmbuild.pipeline import (
    crate,
    exports,
    fingerprint,
    generated_header,
    kbuild,
    kernel_crate,
    software_float,
    sysroot,
)
from rkmbuild.pipeline import vector_check as vectors
from rkmbuild.pipeline.finish import finish
from rkmbuild.pipeline.plan import BuildPlan
from rkmbuild.pipeline.stages import Clock
from rkmbuild.project import dependencies, package
from rkmbuild.toolchain import clang_flags


@dataclass(frozen=True)
class Built:
    """What the stages made, and what they made it of.

    Attributes:
        module: The `.ko`, without debug information.
        debug: The file with the debug information.
        symvers: What the module exports, or None where it exports nothing.
        inputs: All files that another result would come of, were they others.
        outputs: All files that have to be as they are for the result to hold.
    """

    module: Path
    debug: Path
    symvers: Path | None
    inputs: frozenset[Path]
    outputs: frozenset[Path]


def execute(plan: BuildPlan, clock: Clock, *, lock: int) -> Built:
    """Run the stages of `plan`.

    Args:
        clock: What notes when each ran.
        lock: The descriptor that keeps other builds of the project out.

    Raises:
        BuildError, StorageError: as the classes say.
    """
    jobs = plan.cargo.jobs
    folder = plan.folder
    for line in clang_flags.lines(plan.translation, "libclang"):
        console.detail(line)

    def make_sysroot() -> Path:
        with _cached(clock, "sysroot", plan.sysroot.key, "core and alloc"):
            return sysroot.build(plan.sysroot, plan.rust, plan.facts, jobs)

    def make_bindings() -> Path:
        with _cached(clock, "bindings", plan.bindings.key, f"bindings of {plan.tree.release}"):
            return binding.build(plan.bindings, plan.bindgen, plan.compiler)

    if cache.find("sysroot", plan.sysroot.key) and cache.find("bindings", plan.bindings.key):
        root, bound = make_sysroot(), make_bindings()
    else:
        root, bound = _side_by_side(make_sysroot, make_bindings)
    with _cached(clock, "kernel-crate", plan.crate.key, f"kernel crate for {plan.tree.release}"):
        kernel = kernel_crate.build(
            plan.crate, plan.rust, plan.facts, root=root, bound=bound, jobs=jobs
        )
    vectors.load_disassembler()
    target = sysroot.target_path(root, plan.tree.arch)
    linked = f"{plan.project.module}.ko for {plan.tree.release}"
    linked += ", with its tests" if plan.tests else ""
    failure = None
    if plan.cbindgen:
        with clock.stage("header"):
            failure = generated_header.generate(plan.project, plan.cbindgen, plan.kbuild.folder)
    with clock.stage("kbuild"), kbuild.linking(plan.kbuild, lock=lock, jobs=jobs) as linking:
        with clock.stage("crate"):
            library = crate.build(
                plan.project,
                plan.rust,
                plan.facts,
                target=target,
                folder=folder / "cargo",
                flags=_flags(plan, root, kernel, folder),
                options=plan.cargo,
                quiet=console.is_quiet(),
            )
        if failure:
            raise failure
        with console.step("Linking", linked):
            made = linking.finish(library.archive)
    with clock.stage("check"):
        vectors.check(
            made,
            plan.project,
            library,
            [made.with_name(f"{source.stem}.o") for source in plan.project.metadata.c_sources],
            lambda: dependencies.load(plan.project, plan.rust, plan.facts, target, plan.cargo),
        )
    module = folder / f"{plan.project.module}.ko"
    with clock.stage("finish"):
        debug = finish(made, module, plan.objcopy)
        symvers = exports.publish(made.with_name("Module.symvers"), module.with_suffix(".symvers"))
    tools = (plan.rust.rustc, plan.rust.cargo, plan.bindgen.path, plan.bindgen.libclang,
             plan.compiler.path, plan.objcopy.path,
             *([plan.cbindgen.path] if plan.cbindgen else []))  # fmt: skip
    inputs = fingerprint.project_inputs(plan.project, library.dep_info, plan.kbuild.folder)
    inputs |= {*fingerprint.tool_inputs(plan.tree, tools), *plan.kbuild.symvers}
    outputs = {module, debug, library.archive, *([symvers] if symvers else [])}
    return Built(module, debug, symvers, frozenset(inputs), frozenset(outputs))


def _side_by_side(*stages: Callable[[], Path]) -> list[Path]:
    """Run stages that do not need each other; the first failure stops the others."""
    # 10 ms that a build after an edit saves.
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait  # noqa: PLC0415

    with ThreadPoolExecutor(len(stages)) as pool:
        futures = [pool.submit(stage) for stage in stages]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            process.stop_all()
            raise
        return [future.result() for future in futures]


@contextlib.contextmanager
def _cached(clock: Clock, kind: str, name: str, text: str) -> Iterator[None]:
    """Note a stage whose result the cache keeps, and show it if it has to be made."""
    if cache.find(kind, name):
        yield
        return
    with clock.stage(kind), console.step("Building", text):
        yield


def _flags(plan: BuildPlan, root: Path, kernel: Path, work: Path) -> list[str]:
    flags = [*plan.sysroot.flags, f"--sysroot={root}", *software_float.FLAGS]
    flags += kernel_crate.flags(kernel)
    flags += ["--cfg=kernel_test"] if plan.tests else []
    sources = [file for each in plan.project.packages() for file in package.sources(each)]
    extra = kernel_crate.extra_cfgs(plan.tree, sources)
    if extra:
        file = work / f"cfgs-{cache.key(extra)}"
        with cache.writing(file):
            work.mkdir(parents=True, exist_ok=True)
            file.write_text(extra)
        flags.append(f"@{file}")
    return flags
