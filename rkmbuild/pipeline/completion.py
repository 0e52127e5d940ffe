"""What is done with a module that is linked: judged, split, and put where the user looks for it.

A build loads this while cargo is at work.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import exports, frame_check, promise_check, vector_check
from rkmbuild.pipeline.crate import Library
from rkmbuild.pipeline.finish import finish
from rkmbuild.pipeline.stages import Clock
from rkmbuild.pipeline.tools import Tools
from rkmbuild.project import dependencies
from rkmbuild.project.project import Project
from rkmbuild.project.request import CargoOptions


class Complete(NamedTuple):
    """A module in its place.

    Attributes:
        module: The `.ko`, without debug information.
        debug: The file with the debug information.
        symvers: What the module exports, or None where it exports nothing.
    """

    module: Path
    debug: Path
    symvers: Path | None


def complete(
    made: Path,
    library: Library,
    clock: Clock,
    *,
    project: Project,
    kernel: KernelTree,
    tools: Tools,
    target: Path,
    options: CargoOptions,
    place: Path,
    added: Sequence[str] = (),
) -> Complete:
    """Put a module in its place, if it is one that may be loaded.

    Args:
        made: The module, as kbuild linked it.
        library: The static library that it was linked from.
        clock: What notes the stages.
        project: What was built.
        kernel: What for.
        tools: What with.
        target: The target specification.
        options: What cargo was told.
        place: Where the module goes.
        added: What objcopy is told to add to it.

    Raises:
        DangerousModuleError: it may not be loaded.
        BuildError, StorageError: as the classes say.
    """
    objects = [made.with_name(f"{source.stem}.o") for source in project.metadata.c_sources]

    def judge() -> None:
        with clock.stage("check"):
            vector_check.check(
                made,
                project,
                library,
                objects,
                lambda: dependencies.load(project, tools.rust, tools.facts, target, options),
            )
            promise_check.check(made, project.module, kernel, library, objects)
            frame_check.check(made, project, library, objects, kernel.arch)

    with clock.stage("finish"):
        debug = finish(made, place, tools.objcopy, judge, added)
        symvers = exports.publish(made.with_name("Module.symvers"), place.with_suffix(".symvers"))
    return Complete(place, debug, symvers)
