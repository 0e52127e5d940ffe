"""Which files of a kernel's source its Rust is made of and read with: a tenth of them."""

import fnmatch
import os
import re
from collections.abc import Iterator
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import files
from rkmbuild.kernel.tree import KernelTree

# What is taken; `*` is any number of folders as well, as tar and fnmatch have it. Headers are
# bound, and make reads its files; drivers in Rust and the samples are what modules are made of. C
# and Rust go together in the binder's driver, whose headers are bound too.
_TAKEN = (
    "Makefile", "Kbuild", "Kconfig", "*/Makefile", "*/Kbuild", "*/Kconfig*", "*.rs", "*.h",
    "rust/*", "scripts/*", "include/*", "samples/rust/*", "arch/{arch}/*", "drivers/android/*",
)  # fmt: skip
# What is not, though it be of these: other architectures, headers of registers by the hundred
# thousand lines, C that is not included, and what a build left behind.
_LEFT = (
    "Documentation/*", "tools/testing/*", "tools/perf/*", "sound/*.h", "drivers/gpu/drm/amd/*",
    "drivers/media/*.h", "drivers/net/*.h", "drivers/infiniband/*.h", "drivers/scsi/*.h",
    "drivers/staging/*.h", "arch/[!{initial}]*/*", "arch/*.[cS]",
    "include/config/*", "include/generated/*", "arch/*/include/generated/*", "scripts/target.json",
    "rust/*_generated.rs", "rust/*_generated.h", "rust/kernel/generated_*.rs",
    "*.o", "*.a", "*.so", "*.ko", "*.mod", "*.cmd", "*.rmeta", "*.rlib", "*/.git/*", ".git/*",
)  # fmt: skip
PATTERNS = (_TAKEN, _LEFT)


def arguments(tree: KernelTree, top: str) -> list[str]:
    """Return tar's arguments for what is needed of a source whose folder is called `top`."""
    taken, left = _for(tree)
    excluded = [f"--exclude={top}/{pattern}" for pattern in left]
    # GNU tar: what it extracts are patterns by option alone, what it leaves out always is.
    return [
        "--wildcards", "--wildcards-match-slash", "--anchored", *excluded,
        *(f"{top}/{pattern}" for pattern in taken),
    ]  # fmt: skip


def _for(tree: KernelTree) -> tuple[list[str], list[str]]:
    arch = architectures.of(tree.arch).source
    words = {"arch": arch, "initial": arch[0]}
    return [each.format_map(words) for each in _TAKEN], [each.format_map(words) for each in _LEFT]


def wanted(given: Path, tree: KernelTree) -> Iterator[Path]:
    """Give the files of a folder that are needed, by their paths in it."""
    taken, left = (
        re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns))
        for patterns in _for(tree)
    )
    for place, folders, names in os.walk(given):
        folders[:] = [name for name in folders if name != ".git"]
        for name in names:
            path = Path(place, name).relative_to(given)
            fits = taken.match(str(path)) and not left.match(str(path))
            if fits and files.is_file(given / path):
                yield path
