"""Warns of functions that crash a kernel by their stack frames, and may by atomics on the stack.

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
    """Warn of frames larger than half of the kernel's stack, and tell of atomics on 128 bits.

    Args:
        made: The module.
        library: The static library that it was linked from.
        objects: The objects of the project's C files.
        arch: The kernel's architecture.
    """
    data = made.read_bytes()
    _wide_atomics(data, project, library, objects)
    known = architectures.of(arch)
    # Callers and interrupts need the other half.
    found = frames.larger_than(data, known.stack // 2)
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


def _wide_atomics(data: bytes, project: Project, library: Library, objects: Sequence[Path]) -> None:
    functions = frames.with_wide_atomics(data)
    if not functions:
        return
    names = demangle.demangle([name.partition(".")[0] for name in functions])
    found = origins.find(dict(zip(names, functions, strict=True)), library, objects)
    who = ", ".join(dict.fromkeys(map(origins.said, found.values())))
    console.note(
        f"{project.module}.ko has atomic operations on 128 bits ({who}), which fault where they "
        "are not aligned to 16 bytes: the kernel's stack is aligned to 8, so keep such values in a "
        "static or in memory that is allocated, and in no local variable"
    )
