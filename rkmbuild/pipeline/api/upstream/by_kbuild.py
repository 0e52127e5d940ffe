"""From source without a Cargo.toml to modules, by the kernel's own rules.

Nothing is written beside the source but `target/`: kbuild works there, and finds the source by
`MO=`, which 6.13 and later know (Documentation/kbuild/kbuild.rst, KBUILD_EXTMOD_OUTPUT), or
through links.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rkmbuild.base import cache, console
from rkmbuild.base.errors import UsageError
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import exports, fingerprint
from rkmbuild.pipeline.alone import alone
from rkmbuild.pipeline.finish import finish
from rkmbuild.pipeline.stages import Clock, StageTime
from rkmbuild.project.kbuild_source import KbuildSource
from rkmbuild.project.request import BuildRequest

_STATE = "state.json"


@dataclass(frozen=True, kw_only=True)
class Made:
    """A module that was built.

    Attributes:
        module: The `.ko`, without debug information.
        debug: The file with the debug information.
        symvers: What the modules of the source export, or None where that is nothing.
        tree: The kernel that it is for.
        fresh: Whether there was nothing to do.
        stages: The stages that ran, for all modules of the source.
    """

    module: Path
    debug: Path
    symvers: Path | None
    tree: KernelTree
    fresh: bool
    stages: tuple[StageTime, ...]

    @property
    def name(self) -> str:
        """What the kernel calls it."""
        return self.module.stem.replace("-", "_")

    def document(self) -> dict[str, Any]:
        """Return the result as `--json` prints it: the same keys as a project's."""
        return {
            "module": str(self.module),
            "debug": str(self.debug),
            "symvers": str(self.symvers) if self.symvers else None,
            "size": self.module.stat().st_size,
            "name": self.name,
            "release": self.tree.release,
            "fresh": self.fresh,
            "stages": [asdict(stage) for stage in self.stages],
        }


def build(request: BuildRequest, source: KbuildSource) -> list[Made]:
    """Build all modules of a source for one kernel.

    Args:
        request: What is asked for: the kernel, the C compiler, the number of jobs.
        source: The source.

    Returns:
        The modules, in the order in which they are named.

    Raises:
        ProjectError, KernelError, ToolchainError, BuildError, StorageError: as the classes say.
    """
    tree = find.select(request.kernel)
    clock = Clock()
    # By the tree that was found, whatever words the user had for it.
    key = fingerprint.request_key(replace(request, kernel=str(tree.build)))
    state = source.work(tree.release) / _STATE
    noted = fingerprint.is_current(state, key)
    if noted is None:
        with alone(source.target) as lock:
            noted = fingerprint.is_current(state, key)
            if noted is None:
                noted = _build(request, source, tree, clock=clock, lock=lock)
                with cache.writing(state):
                    fingerprint.note(state, key, noted)
    return list(_results(noted, source.place(tree.release), tree, clock.stages))


def build_one(request: BuildRequest, source: KbuildSource, module: str | None) -> Made:
    """Build a source, and return the one of its modules that a command is about.

    Args:
        module: Its name, where there are several.

    Raises:
        UsageError: there is none of that name, or there are several and none is named.
    """
    made = build(request, source)
    found = [each for each in made if module in (None, each.name)]
    if len(found) == 1:
        return found[0]
    names = [each.name for each in made]
    if module:
        raise UsageError(
            f"{source.shown} has no module `{module}`",
            hint=did_you_mean(module, names, listed_as="modules are"),
        )
    raise UsageError(
        f"{source.shown} has several modules: {', '.join(names)}",
        hint=f"name one: --package {names[0]}",
    )


def _build(
    request: BuildRequest, source: KbuildSource, tree: KernelTree, *, clock: Clock, lock: int
) -> fingerprint.Noted:
    # A build that is fresh needs none of these, and they take longer to load than it does.
    from rkmbuild.pipeline.api.upstream import differences, kbuild_folder, overlaid  # noqa: PLC0415
    from rkmbuild.toolchain import binutils  # noqa: PLC0415

    with clock.stage("plan"):
        kernel = overlaid.of(tree, rust=source.has_rust(), compiler=request.cc)
        objcopy = binutils.objcopy()
        folder = kbuild_folder.plan(source, kernel, jobs=request.cargo.jobs)
    console.detail(f"cc: {kernel.compiler.path}: {kernel.why}")
    if kernel.sidecar:
        rust = kernel.sidecar.rust
        console.detail(f"rustc: {rust.rustc} {rust.version}: {kernel.sidecar.why}")
    with clock.stage("kbuild"), console.step("Building", f"{source.shown} for {tree.release}"):
        made = folder.make(lock)
        inputs = {*folder.inputs(), objcopy.path, *exports.from_environment()}
        if kernel.sidecar:
            # What rustc read is known by now, modules in files of their own included.
            rust_files = sorted(file for file in inputs if file.suffix == ".rs")
            differences.refuse_use(kernel.sidecar.objtree, rust_files)
    with clock.stage("finish"):
        place = source.place(tree.release)
        modules = [place / file.name for file in made]
        debugs = [
            finish(file, module, objcopy, lambda: None)
            for file, module in zip(made, modules, strict=True)
        ]
        name = f"{source.module}.symvers" if source.file else "Module.symvers"
        symvers = exports.publish(folder.work / "Module.symvers", place / name)
    if kernel.sidecar:
        inputs.update(kernel.sidecar.stamps())
    outputs = [*modules, *debugs, *([symvers] if symvers else [])]
    result = {"modules": json.dumps([file.name for file in modules])}
    if symvers:
        result["symvers"] = str(symvers)
    return fingerprint.Noted.now(inputs, outputs, result)


def _results(
    noted: fingerprint.Noted, place: Path, tree: KernelTree, stages: tuple[StageTime, ...]
) -> Iterator[Made]:
    symvers = noted.result.get("symvers")
    for name in json.loads(noted.result["modules"]):
        yield Made(
            module=place / name,
            debug=place / f"{name}.debug",
            symvers=Path(symvers) if symvers else None,
            tree=tree,
            fresh=not stages,
            stages=stages,
        )
