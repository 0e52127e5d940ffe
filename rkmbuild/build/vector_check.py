"""Refuses a module whose code uses vector or floating-point registers, unless it is allowed to.

The rule is `check`'s `fpu-registers`; here it is known which crate the code is from.
"""

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rkmbuild import console
from rkmbuild.build import dependencies, origins
from rkmbuild.build.crate import Library
from rkmbuild.build.dependencies import Graph, Package
from rkmbuild.build.project import Project
from rkmbuild.errors import DangerousModuleError
from rkmbuild.module import demangle, vectors
from rkmbuild.module.vectors import Use

_SHOWN = 5
# What maintainers call features that do without vector instructions, and those that ask for them.
_SOFT = re.compile(
    r"(force[-_])?soft|pure|portable|scalar|generic|serial|no[-_](simd|asm|sse|avx|intrinsics).*"
)
_HARD = re.compile(r"(^|.*[-_])(std|simd|asm|sse|avx|detect\w*|runtime|accel\w*|native)\b.*")


def load_disassembler() -> None:
    """Load it in the background: a build waits for other programs anyway."""
    threading.Thread(target=__import__, args=("iced_x86",), daemon=True).start()


def check(
    made: Path,
    project: Project,
    library: Library,
    objects: Sequence[Path],
    graph: Callable[[], Graph | None],
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
        raise _refusal(project, left, places, graph())


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
        lines.append(f"  {name}, {_said(places[name])}: `{use.instruction}`{others}")
    if len(left) > _SHOWN:
        lines.append(f"  and {len(left) - _SHOWN} more functions")
    packages = (graph.of_crate(crate) for crate in dict.fromkeys(places.values())) if graph else ()
    hints = [
        _way_out(package, graph)
        for package in packages
        if graph and package and package.id != graph.root
    ]
    listed = ", ".join(f'"{name}"' for name in left)
    hints.append(
        "a function that is called between kernel_fpu_begin() and kernel_fpu_end() alone may be "
        f"allowed by its name:\n[package.metadata.rkmbuild]\nallow-fpu = [{listed}]"
    )
    return DangerousModuleError("\n".join(lines), hint="\n".join(hints))


def _said(origin: str) -> str:
    return origin if origin.endswith(".c") else f"crate {origin}" if origin else "of unknown origin"


def _way_out(package: Package, graph: Graph) -> str:
    way = dependencies.arrows(graph.chain(package.id))
    off = sorted(name for name in package.features if name not in package.enabled)
    # `no_sse2` and its like leave out one thing each; what leaves out all comes first.
    soft = sorted(filter(_SOFT.fullmatch, off), key=lambda name: name.startswith("no"))
    hard = sorted(filter(_HARD.fullmatch, package.enabled))
    said = [f"{way}, version {package.version}:"]
    if soft:
        said.append(f"of its features, {', '.join(soft)} promise code without them; in Cargo.toml:")
        line = dependencies.line(
            package,
            features=[*graph.packages[graph.root].wants(package).get("features", []), soft[0]],
            default="default" in package.enabled or "default" not in package.features,
        )
        return f"{' '.join(said)}\n{line}"
    if hard:
        said.append(f"its features {', '.join(hard)} may be what asks for them: switch them off")
        return " ".join(said)
    return " ".join([*said, "it has no feature that leaves them out: use another crate for it"])
