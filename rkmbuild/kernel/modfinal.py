"""Edits of scripts/Makefile.modfinal, which compiles what kbuild generates for each module.

The kernel's own rule takes the flags of the kernel's own compiler as they are. The edit lets two
make variables take flags away and add some, as `ccflags-remove-y` and `ccflags-y` do elsewhere.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from rkmbuild import paths
from rkmbuild.errors import KernelError
from rkmbuild.kernel.tree import KernelVersion

REMOVE = "RKMBUILD_CFLAGS_REMOVE"
ADD = "RKMBUILD_CFLAGS_ADD"


class Patch(NamedTuple):
    """One file of patches/.

    Attributes:
        file: The file's name.
        since: The first kernel that it is for.
        before: The first kernel that it is no longer for, or None.
        after: A line of Makefile.modfinal, whole; it is there exactly once.
        insert: The lines that come after it.
    """

    file: str
    since: KernelVersion
    before: KernelVersion | None
    after: str
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
    """Return the files of patches/ that are for Makefile.modfinal, in the order of their names."""
    return sorted(paths.data("patches").glob("modfinal-*.toml"))


def patched(text: str, version: KernelVersion, where: Path) -> str:
    """Return `text`, the Makefile.modfinal of a kernel of `version`, with the edit made.

    Raises:
        KernelError: there is no edit for that version, or `text`, which was read from `where`,
            does not have the line that the edit builds on.
    """
    for patch in map(_load, patch_files()):
        if patch.since <= version and (patch.before is None or version < patch.before):
            break
    else:
        raise KernelError(
            f"modules for kernel {version} cannot be built with a compiler that is not its own",
            hint="use the compiler that built the kernel: rkmbuild build --cc gcc",
        )
    lines = text.splitlines()
    count = lines.count(patch.after)
    if count != 1:
        raise KernelError(
            f"{where} is not as the kernels from {patch.since} on have it:"
            f" {patch.file} looks for one line {patch.after!r} and finds {count}",
            hint="use the compiler that built the kernel: rkmbuild build --cc gcc",
        )
    place = lines.index(patch.after) + 1
    return "\n".join([*lines[:place], *patch.insert.splitlines(), *lines[place:], ""])


def _load(file: Path) -> Patch:
    with file.open("rb") as opened:
        document = tomllib.load(opened)
    before = document.get("before")
    return Patch(
        file=file.name,
        since=KernelVersion.parse(document["since"]),
        before=KernelVersion.parse(before) if before else None,
        after=document["after"],
        insert=document["insert"],
    )
