"""Warns of functions that crash a kernel by their stack frames.

The rule for frames is `check`'s `stack-frame`; here it is known which crate the code is from.
"""

from collections.abc import Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import console
from rkmbuild.ko import demangle, frames
from rkmbuild.pipeline import origins
from rkmbuild.pipeline.crate import Library
from rkmbuild.project.project import Project

_SHOWN = 3
# What else does the same.
_HINTS = {
    "miniz_oxide": "the kernel's own is in <linux/zlib.h>, and lz4_flex needs no such frames",
}


def check(
    made: Path, project: Project, library: Library, objects: Sequence[Path], arch: str
) -> None:
    """Warn of frames larger than half of the kernel's stack.

    Args:
        made: The module.
        library: The static library that it was linked from.
        objects: The objects of the project's C files.
        arch: The kernel's architecture.
    """
    known = architectures.of(arch)
    # Callers and interrupts need the other half.
    found = frames.larger_than(made.read_bytes(), known.stack // 2)
    if not found:
        return
    names = demangle.demangle([frame.function.partition(".")[0] for frame in found])
    places = origins.find(
        {name: frame.function for name, frame in zip(names, found, strict=True)}, library, objects
    )
    for name, frame in list(zip(names, found, strict=True))[:_SHOWN]:
        origin = places[name]
        end = "crashes it" if frame.size >= known.stack else "may crash it"
        hint = _HINTS.get(origin, "keep values of that size in memory that is allocated")
        console.warning(
            f"{project.module}.ko: {name}, {origins.said(origin)}, has a frame of {frame.size:,} "
            f"bytes, and the kernel's stack has {known.stack:,} in all: a call of it {end} "
            f"[stack-frame]; {hint}"
        )
