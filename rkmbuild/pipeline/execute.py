"""Carries a plan out: the stages in their order, those that need not wait side by side."""

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.arch import architectures
from rkmbuild.base import cache, console
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import crate, fingerprint, generated_header, kbuild, linking, tracepoints
from rkmbuild.pipeline.api.base import Provided
from rkmbuild.pipeline.plan import BuildPlan
from rkmbuild.pipeline.replay import elf_section
from rkmbuild.pipeline.stages import Clock
from rkmbuild.project import package

if TYPE_CHECKING:
    from rkmbuild.pipeline.kfuncs.additions import Additions


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
    for line in plan.api.remarks():
        console.detail(line)
    failure = None
    if tools.cbindgen:
        with clock.stage("header"):
            failure = generated_header.generate(project, tools.cbindgen, plan.kbuild.folder)
    with clock.stage("kbuild"), linking.started(plan.kbuild, lock=lock, jobs=cargo.jobs) as link:
        # make reads the kernel's makefiles for a second, which needs none of what is made here.
        provided = plan.api.provide(clock, jobs=cargo.jobs)
        _load_the_rest(plan.kernel.tree)
        with clock.stage("crate"):
            library = crate.build(
                project,
                tools.rust,
                tools.facts,
                provided=provided,
                folder=plan.folder / "cargo",
                flags=_flags(plan, provided),
                scripts=plan.crate_c.environment(provided.target.stem),
                options=cargo,
                quiet=console.is_quiet(),
                hint=plan.api.hint,
            )
        if failure:
            raise failure
        tests = ", with its tests" if plan.request.tests else ""
        with console.step("Linking", f"{project.module}.ko for {release}{tests}"):
            joined = plan.api.joined(
                library.archive,
                library.dependencies,
                plan.kbuild.folder / kbuild.JOINED,
                symvers=plan.kbuild.symvers,
            )
            made = link.finish(library, joined)
            rust = (plan.kbuild.folder / f"{kbuild.RUST}.o").read_bytes()
            tracepoints.check(rust, plan.kernel, tools.compiler)
            added = _additions(made, rust, plan.kernel.tree, clock)
    from rkmbuild.pipeline import completion  # noqa: PLC0415 - see _load_the_rest

    done = completion.complete(
        made,
        library,
        clock,
        project=project,
        kernel=plan.kernel.tree,
        tools=tools,
        target=provided.target,
        options=cargo,
        place=plan.folder / f"{project.module}.ko",
        added=added.arguments if added else (),
    )
    inputs = fingerprint.project_inputs(project, library.dep_info, plan.kbuild.folder)
    inputs |= {*fingerprint.kernel_inputs(plan.kernel.tree), *plan.kbuild.symvers}
    inputs |= {*tools.files(), *plan.api.files(), *(added.inputs if added else ())}
    outputs = {library.archive, *(file for file in done if file)}
    return Built(*done, frozenset(inputs), frozenset(outputs))


def _additions(made: Path, rust: bytes, tree: KernelTree, clock: Clock) -> "Additions | None":
    """Make what functions for BPF programs take, where there are some in the Rust object."""
    if kbuild.KFUNCS.encode() not in rust:
        return None
    from rkmbuild.pipeline.kfuncs import additions  # noqa: PLC0415 - few modules need it

    with clock.stage("btf"):
        return additions.make(elf_section(rust, kbuild.KFUNCS), made, tree)


def _load_the_rest(tree: KernelTree) -> None:
    """Load in the background what is needed once cargo is through: a build waits for it anyway."""

    def load() -> None:
        from rkmbuild.pipeline import completion  # noqa: F401, PLC0415

        code = architectures.of(tree.arch).code
        if code:
            code.load()

    threading.Thread(target=load, daemon=True).start()


def _flags(plan: BuildPlan, provided: Provided) -> list[str]:
    """Return the arguments of rustc for all code of the module."""
    arch = architectures.of(plan.kernel.tree.arch)
    software_float = (f"--cfg={cfg}" for cfg in arch.software_float)
    flags = [*provided.flags, *software_float, *provided.externs, *plan.flags]
    if plan.request.tests:
        flags += plan.api.test_flags
        if plan.api.tests_remark:
            console.note(plan.api.tests_remark)
    sources = [file for each in plan.project.packages() for file in package.sources(each)]
    declared = plan.api.declarations(sources)
    if declared:
        file = plan.folder / f"cfgs-{cache.key(declared)}"
        with cache.writing(file):
            plan.folder.mkdir(parents=True, exist_ok=True)
            file.write_text(declared)
        flags.append(f"@{file}")
    return flags
