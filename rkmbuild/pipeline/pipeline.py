"""The build of a module project: nothing where nothing changed, else the plan and its stages."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkmbuild.base import cache
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import fingerprint
from rkmbuild.pipeline.alone import alone
from rkmbuild.pipeline.stages import Clock, StageTime
from rkmbuild.project import project, selection
from rkmbuild.project.project import Project
from rkmbuild.project.request import BuildRequest, CargoOptions

if TYPE_CHECKING:
    from rkmbuild.pipeline.plan import BuildPlan

__all__ = ["BuildRequest", "BuildResult", "CargoOptions", "build", "build_all", "prepare"]

_STATE = "state.json"


@dataclass(frozen=True, kw_only=True)
class BuildResult:
    """A finished build.

    Attributes:
        module: The `.ko`, without debug information.
        debug: The file with the debug information.
        symvers: What the module exports, as kbuild's Module.symvers, or None where it exports
            nothing.
        tree: The kernel that it is for.
        project: The project that it was made from.
        fresh: Whether there was nothing to do.
        stages: The stages that ran.
    """

    module: Path
    debug: Path
    symvers: Path | None
    tree: KernelTree
    project: Project
    fresh: bool
    stages: tuple[StageTime, ...]

    def document(self) -> dict[str, Any]:
        """Return the result as `--json` prints it; sizes in bytes, times in seconds."""
        return {
            "module": str(self.module),
            "debug": str(self.debug),
            "symvers": str(self.symvers) if self.symvers else None,
            "size": self.module.stat().st_size,
            "name": self.project.module,
            "release": self.tree.release,
            "fresh": self.fresh,
            "stages": [asdict(stage) for stage in self.stages],
        }


def prepare(request: BuildRequest) -> "BuildPlan":
    """Return what `build` would do; raises what it would raise before it starts."""
    from rkmbuild.pipeline import plan  # noqa: PLC0415 - not on the way of a build that is fresh

    source, tree = project.load(request.path), find.select(request.kernel)
    folder = source.folder(tree.release)
    used = (folder / f"{module.module}.symvers" for module in selection.used_by(source))
    known = tuple(file for file in used if file.exists())
    return plan.make(replace(request, symvers=(*request.symvers, *known)), source, tree)


def build(request: BuildRequest) -> BuildResult:
    """Build a module project for one kernel, and first the modules whose symbols it uses.

    Raises:
        ProjectError, KernelError, ToolchainError, BuildError, StorageError: as the classes say.
    """
    return next(build_all(request, [project.load(request.path)]))


def build_all(request: BuildRequest, modules: Sequence[Project]) -> Iterator[BuildResult]:
    """Build modules of one workspace, and those whose symbols they use.

    Args:
        request: What is asked for, but for its path; features are for those of `modules` that
            have them.
        modules: The modules.

    Yields:
        The result for each of `modules`, as soon as it is there.

    Raises:
        UsageError: no module has one of the features.
        ProjectError, KernelError, ToolchainError, BuildError, StorageError: as the classes say.
    """
    tree = find.select(request.kernel)
    options = selection.features(request.cargo, modules)
    done: dict[str, BuildResult] = {}
    for wanted in modules:
        for module in (*selection.used_by(wanted), wanted):
            if module.package in done:
                continue
            used = (done[each.package].symvers for each in selection.used_by(module))
            asked = replace(
                request,
                path=module.root,
                symvers=(*request.symvers, *(file for file in used if file)),
                cargo=options.get(module.package, request.cargo.without_features()),
                tests=request.tests and module in modules,
            )
            done[module.package] = _build_one(asked, module, tree)
        yield done[wanted.package]


def _build_one(request: BuildRequest, source: Project, tree: KernelTree) -> BuildResult:
    clock = Clock()
    # By the tree that was found, whatever words the user had for it.
    key = fingerprint.request_key(replace(request, kernel=str(tree.build)))
    work = source.work(tree.release, request.cargo.profile, tests=request.tests)
    state = work / _STATE
    noted = fingerprint.is_current(state, key)
    if noted is None:
        with alone(source.target) as lock:
            noted = fingerprint.is_current(state, key)
            if noted is None:
                noted = _build(request, source, tree, clock=clock, lock=lock)
                with cache.writing(state):
                    fingerprint.note(state, key, noted)
    return BuildResult(
        module=Path(noted.result["module"]),
        debug=Path(noted.result["debug"]),
        symvers=Path(noted.result["symvers"]) if "symvers" in noted.result else None,
        tree=tree,
        project=source,
        fresh=not clock.stages,
        stages=clock.stages,
    )


def _build(
    request: BuildRequest, source: Project, tree: KernelTree, *, clock: Clock, lock: int
) -> fingerprint.Noted:
    # A build that is fresh needs none of these, and they take longer to load than it does.
    from rkmbuild.pipeline import execute, plan  # noqa: PLC0415

    with clock.stage("plan"):
        planned = plan.make(request, source, tree)
    built = execute.execute(planned, clock, lock=lock)
    result = {"module": str(built.module), "debug": str(built.debug)}
    if built.symvers:
        result["symvers"] = str(built.symvers)
    return fingerprint.Noted.now(built.inputs, built.outputs, result)
