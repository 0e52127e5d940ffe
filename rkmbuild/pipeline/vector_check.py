"""Refuses a module whose code uses vector or floating-point registers, unless it is allowed to.

The rule is `check`'s `fpu-registers`; here it is known which crate the code is from.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rkmbuild.base import console
from rkmbuild.base.errors import BuildError, DangerousModuleError
from rkmbuild.ko import demangle, vectors
from rkmbuild.ko.vectors import Use
from rkmbuild.pipeline import origins
from rkmbuild.pipeline.crate import Library
from rkmbuild.project import features
from rkmbuild.project.dependencies import Graph
from rkmbuild.project.project import Project

_SHOWN = 5


def check(
    made: Path,
    project: Project,
    library: Library,
    objects: Sequence[Path],
    graph: Callable[[], Graph],
) -> None:
    """Judge a module before it gets its place.

    Args:
        made: The module.
        library: The static library that it was linked from.
        objects: The objects of the project's C files.
        graph: What gives the packages, if they have to be named.

    Raises:
        DangerousModuleError: a function uses such registers, and is not on the list of those that
            may.
    """
    found = vectors.functions(made.read_bytes())
    if found is None:
        console.warning(
            f"{project.module}.ko was not searched for vector registers: nothing here reads "
            "instructions of its architecture"
        )
        return
    allowed = project.metadata.allow_fpu
    if not found and not allowed:
        return
    names = demangle.demangle([use.function.partition(".")[0] for use in found])
    used = {entry for entry in allowed if any(_covers(entry, name) for name in names)}
    for entry in allowed:
        if entry not in used:
            console.warning(
                f"allow-fpu names `{entry}`, but no function of {project.module}.ko of that name "
                "uses vector or floating-point registers"
            )
    left = {
        name: use
        for name, use in zip(names, found, strict=True)
        if not any(_covers(entry, name) for entry in used)
    }
    if left:
        places = origins.find({name: use.function for name, use in left.items()}, library, objects)
        try:
            packages = graph()
        except BuildError:
            packages = None
        raise _refusal(project, left, places, packages)


def _covers(entry: str, name: str) -> bool:
    """Tell whether an entry of allow-fpu names a function, or one that a closure of it became."""
    return name == entry or name.startswith((f"{entry}::{{", f"{entry}::<"))


def _refusal(
    project: Project,
    left: Mapping[str, Use],
    places: Mapping[str, str],
    graph: Graph | None,
) -> DangerousModuleError:
    what = "vector or floating-point registers, which hold a user program's values"
    lines = [f"{project.module}.ko uses {what} while the kernel runs [fpu-registers]"]
    for name, use in list(left.items())[:_SHOWN]:
        others = f" and {use.count - 1} more" if use.count > 1 else ""
        lines.append(f"  {name}, {origins.said(places[name])}: `{use.instruction}`{others}")
    if len(left) > _SHOWN:
        lines.append(f"  and {len(left) - _SHOWN} more functions")
    packages = (graph.of_crate(crate) for crate in dict.fromkeys(places.values())) if graph else ()
    hints = [
        features.without_vectors(package, graph)
        for package in packages
        if graph and package and package.id != graph.root
    ]
    listed = ", ".join(f'"{name}"' for name in left)
    hints.append(
        "a function that is called between kernel_fpu_begin() and kernel_fpu_end() alone may be "
        f"allowed by its name:\n[package.metadata.rkmbuild]\nallow-fpu = [{listed}]"
    )
    return DangerousModuleError("\n".join(lines), hint="\n".join(hints))
