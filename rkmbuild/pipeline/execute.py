"""Carries a plan out: the stages in their order, those that need not wait side by side."""

from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import cache, console
from rkmbuild.pipeline import (
    crate,
    exports,
    fingerprint,
    frame_check,
    generated_header,
    linking,
    promise_check,
)
from rkmbuild.pipeline import vector_check as vectors
from rkmbuild.pipeline.api.base import Provided
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
    cargo, tools, project = plan.request.cargo, plan.tools, plan.project
    release = plan.kernel.tree.release
    console.detail(f"cc: {tools.compiler.path}: {tools.why}")
    for line in clang_flags.lines(plan.kernel.translation, "libclang"):
        console.detail(line)
    provided = plan.api.provide(clock, jobs=cargo.jobs)
    vectors.load_disassembler(plan.kernel.tree)
    failure = None
    if tools.cbindgen:
        with clock.stage("header"):
            failure = generated_header.generate(project, tools.cbindgen, plan.kbuild.folder)
    with clock.stage("kbuild"), linking.started(plan.kbuild, lock=lock, jobs=cargo.jobs) as link:
        with clock.stage("crate"):
            library = crate.build(
                project,
                tools.rust,
                tools.facts,
                target=provided.target,
                folder=plan.folder / "cargo",
                flags=_flags(plan, provided),
                scripts=plan.crate_c.environment(),
                options=cargo,
                quiet=console.is_quiet(),
            )
        if failure:
            raise failure
        tests = ", with its tests" if plan.request.tests else ""
        with console.step("Linking", f"{project.module}.ko for {release}{tests}"):
            made = link.finish(library)
    with clock.stage("check"):
        objects = [made.with_name(f"{source.stem}.o") for source in project.metadata.c_sources]
        vectors.check(
            made,
            project,
            library,
            objects,
            lambda: dependencies.load(project, tools.rust, tools.facts, provided.target, cargo),
        )
        promise_check.check(made, project.module, plan.kernel.tree, library, objects)
        frame_check.check(made, project, library, objects, plan.kernel.tree.arch)
    module = plan.folder / f"{project.module}.ko"
    with clock.stage("finish"):
        debug = finish(made, module, tools.objcopy)
        symvers = exports.publish(made.with_name("Module.symvers"), module.with_suffix(".symvers"))
    inputs = fingerprint.project_inputs(project, library.dep_info, plan.kbuild.folder)
    inputs |= {*fingerprint.kernel_inputs(plan.kernel.tree), *plan.kbuild.symvers}
    inputs |= {*tools.files(), *plan.api.files()}
    outputs = {module, debug, library.archive, *([symvers] if symvers else [])}
    return Built(module, debug, symvers, frozenset(inputs), frozenset(outputs))


def _flags(plan: BuildPlan, provided: Provided) -> list[str]:
    """Return the arguments of rustc for all code of the module."""
    arch = architectures.of(plan.kernel.tree.arch)
    software_float = (f"--cfg={cfg}" for cfg in arch.software_float)
    flags = [*provided.flags, *software_float, *provided.externs, *plan.flags]
    if plan.request.tests:
        flags += plan.api.test_flags
    sources = [file for each in plan.project.packages() for file in package.sources(each)]
    declared = plan.api.declarations(sources)
    if declared:
        file = plan.folder / f"cfgs-{cache.key(declared)}"
        with cache.writing(file):
            plan.folder.mkdir(parents=True, exist_ok=True)
            file.write_text(declared)
        flags.append(f"@{file}")
    return flags
