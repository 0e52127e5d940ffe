"""Source files that debug information names: whose they are, and a line of one."""

import os
import re
import stat
from enum import StrEnum
from pathlib import Path

from rkmbuild.base import paths

# Debug information may name any file; only what looks like source is opened.
_ENDINGS = (".rs", ".c", ".h", ".S")
_LARGEST = 4 << 20
_LONGEST = 300


class Origin(StrEnum):
    """Whose code it is."""

    MODULE = "module"
    DEPENDENCY = "dependency"
    KERNEL_CRATE = "kernel-crate"
    RUST = "rust"
    KERNEL = "kernel"
    UNKNOWN = "unknown"


# The part of a path that tells, and where the part begins that is shown.
_PLACES: tuple[tuple[re.Pattern[str], Origin], ...] = (
    # Distributions have the release in place of the commit (`/rustc/1.85.1/library`, Debian).
    (re.compile(r".*/(?:rust/|rustc[^/]*/(?:[0-9a-f]{40}/|\d[^/]*/)?)library/(?=\w)"), Origin.RUST),
    (re.compile(r".*/registry/src/[^/]+/"), Origin.DEPENDENCY),
    (re.compile(r".*/git/checkouts/"), Origin.DEPENDENCY),
    (re.compile(r".*/crates/(?=(?:kernel|macros|pin_init|bindings)/)"), Origin.KERNEL_CRATE),
    # The crates of its own source, for modules on the upstream API; a project has its files in src.
    (
        re.compile(r".*/(?=rust/(?:kernel/(?!src/)|pin-init/|bindings/|uapi/|zerocopy/|helpers/))"),
        Origin.KERNEL,
    ),
    (re.compile(r".*/(?=include/(?:linux|asm|asm-generic|uapi|generated|net)/)"), Origin.KERNEL),
)


class Sources:
    """Reads source files, each one once.

    Args:
        built: When the module was built, in seconds since the epoch.
    """

    def __init__(self, built: float) -> None:
        self._built = built
        self._files: dict[str, tuple[str, ...] | None] = {}
        self._changed: set[str] = set()

    def line(self, file: str, number: int) -> str | None:
        """Return a line of a file, or None where it is not at hand, or not as it was built."""
        if file not in self._files:
            self._files[file] = self._read(file)
        lines = self._files[file]
        if lines is None or not 0 < number <= len(lines):
            return None
        text = lines[number - 1][:_LONGEST].expandtabs(4)
        return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)

    def changed(self, file: str) -> bool:
        """Tell whether a file that a line was asked of is newer than the module."""
        return file in self._changed

    def _read(self, file: str) -> tuple[str, ...] | None:
        for candidate in (Path(file), _shipped(file)):
            if candidate is None or candidate.suffix not in _ENDINGS:
                continue
            try:
                # O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
                descriptor = os.open(candidate, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            except (OSError, ValueError):
                continue
            with os.fdopen(descriptor, "rb") as opened:
                status = os.fstat(opened.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    continue
                if status.st_mtime > self._built and origin(file)[0] is not Origin.RUST:
                    # Lines have moved since, perhaps: a wrong one is worse than none.
                    self._changed.add(file)
                    continue
                return tuple(opened.read().decode(errors="replace").split("\n"))
        return None


def origin(file: str) -> tuple[Origin, str]:
    """Return whose file it is, and its name without what stands before the part that tells."""
    if not file:
        return Origin.UNKNOWN, file
    for expression, whose in _PLACES:
        match = expression.match(file)
        if match:
            return whose, file[match.end() :]
    return Origin.MODULE, file


def _shipped(file: str) -> Path | None:
    """Return the same file among the crates of this installation, which may lie elsewhere."""
    whose, rest = origin(file)
    return paths.data("crates") / rest if whose is Origin.KERNEL_CRATE else None
