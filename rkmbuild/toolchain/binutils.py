"""The tools for object files, and the make that drives the kernel's own build."""

from rkmbuild.toolchain import programs, versions
from rkmbuild.toolchain.parts import Tool, Version

# scripts/min-tool-version.sh of 6.12: binutils 2.25.0; of 6.1: 2.23.0.
OLDEST_BINUTILS = Version(2, 25)
# The $(file …) function, which the c_flags are read through; 6.12's Makefile demands it as well.
OLDEST_MAKE = Version(4, 0)


def objcopy() -> Tool:
    """Return objcopy, which splits off the debug information; ToolchainError where it is not."""
    return programs.require("objcopy", part="binutils", oldest=OLDEST_BINUTILS)


def linker() -> Tool:
    """Return ld, which kbuild links modules with; ToolchainError where it is not there."""
    return programs.require("ld", part="binutils", oldest=OLDEST_BINUTILS)


def make() -> Tool:
    """Return GNU make; ToolchainError where it is not there or too old."""
    return programs.require("make", part="make", oldest=OLDEST_MAKE, read=_gnu_make)


def _gnu_make(text: str) -> Version | None:
    return versions.first(text) if text.startswith("GNU Make") else None
