"""Edits of scripts/Makefile.modfinal, which compiles what kbuild generates for each module.

The kernel's own rule takes the flags of the kernel's own compiler as they are. The edit lets two
make variables take flags away and add some, as `ccflags-remove-y` and `ccflags-y` do elsewhere.
"""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild.base import paths
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel.tree import KernelVersion

REMOVE = "RKMBUILD_CFLAGS_REMOVE"
ADD = "RKMBUILD_CFLAGS_ADD"

# What a Kbuild file needs for the variables to reach its own C files, as the edit has it for what
# kbuild generates. `ccflags-remove-y` is there from kernel 5.9 on.
KBUILD_LINES = f"ccflags-remove-y += $({REMOVE})\nccflags-y += $({ADD})\n"


class Patch(NamedTuple):
    """One file of patches/.

    Attributes:
        file: The file's name.
        since: The first kernel that it is for.
        find: Whole lines of Makefile.modfinal, there exactly once.
        insert: The lines that come in front of them.
    """

    file: str
    since: KernelVersion
    find: str
    insert: str


def variables(remove: Sequence[str], add: Sequence[str]) -> dict[str, str]:
    """Return the make variables, for its command line, that take away and add compiler flags.

    Args:
        remove: Words to take away, each as it stands in kbuild's flags.
        add: Words to add behind the others.
    """
    # `%` is filter-out's wild card and `$` is make's own; a backslash before a `%` is its escape.
    removed = (word.replace("%", "\\%").replace("$", "$$") for word in remove)
    added = (word.replace("$", "$$") for word in add)
    return {REMOVE: " ".join(removed), ADD: " ".join(added)}


def patch_files() -> list[Path]:
    """Return the files of patches/ that are for Makefile.modfinal, oldest kernels first."""
    found = paths.data("patches").glob("modfinal-*.toml")
    return sorted(found, key=lambda file: KernelVersion.parse(file.name.removeprefix("modfinal-")))


def patched(text: str, version: KernelVersion, where: Path) -> str:
    """Return `text`, the Makefile.modfinal of a kernel of `version`, with the edit made.

    Raises:
        KernelError: `text`, which was read from `where`, has none of the forms that the kernels
            of that version are known to have.
    """
    patches = [patch for patch in map(_load, patch_files()) if patch.since <= version]
    for patch in reversed(patches):
        places = [found.start() for found in re.finditer(f"(?m)^{re.escape(patch.find)}", text)]
        if len(places) == 1:
            return text[: places[0]] + patch.insert + text[places[0] :]
    looked_for = ", ".join(patch.file for patch in patches) or "no patch for so old a kernel"
    raise KernelError(
        f"{where} has none of the known forms ({looked_for}), so modules for {version} cannot be"
        " built with a compiler that is not the kernel's own",
        hint="use the compiler that built the kernel: rkmbuild build --cc gcc",
    )


def _load(file: Path) -> Patch:
    with file.open("rb") as opened:
        document = tomllib.load(opened)
    return Patch(
        file=file.name,
        since=KernelVersion.parse(document["since"]),
        find=document["find"],
        insert=document["insert"],
    )
