"""Find the modules that a module needs, among those that came with its kernel."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.errors import MachineError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.module import modinfo

_FILE = re.compile(r"(.+)\.ko(\.gz|\.xz|\.zst)?")


def in_load_order(names: Sequence[str], tree: KernelTree) -> tuple[Path, ...]:
    """Return the files of the modules `names` and of all that these need, in the order to load.

    There need not be a modules.dep: that file is made when a kernel is installed, and a fetched
    kernel is only unpacked. What is built in is left out.

    Args:
        names: As in the `depends` field of a module.
        tree: The kernel; its `modules` folder is searched.

    Raises:
        MachineError: one is neither a file there nor built in.
        NotAModuleError, ToolchainError: a file there cannot be read.
    """
    if not names:
        return ()
    files = _files(tree)
    ordered: dict[str, Path] = {}
    _add(list(names), files, ordered, _built_in(tree), tree)
    return tuple(ordered.values())


def _add(
    names: list[str],
    files: dict[str, Path],
    ordered: dict[str, Path],
    built_in: frozenset[str],
    tree: KernelTree,
) -> None:
    for name in map(modinfo.module_name, names):
        if name in ordered or name in built_in:
            continue
        if name not in files:
            raise MachineError(
                f"the module needs `{name}`, and {tree.release} has no such module",
                hint=f"searched in {tree.modules}" if tree.modules else "its modules are not here",
            )
        _add(list(modinfo.read(files[name]).depends), files, ordered, built_in, tree)
        ordered[name] = files[name]


def _files(tree: KernelTree) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(tree.modules or ""):
        # `build` and `source` are links to the headers, and not followed.
        folders.sort()
        for name in sorted(names):
            match = _FILE.fullmatch(name)
            if match:
                found.setdefault(modinfo.module_name(match[1]), Path(folder) / name)
    return found


def _built_in(tree: KernelTree) -> frozenset[str]:
    try:
        text = ((tree.modules or Path()) / "modules.builtin").read_text()
    except OSError:
        return frozenset()
    matches = (_FILE.fullmatch(line.rpartition("/")[2]) for line in text.splitlines())
    return frozenset(modinfo.module_name(match[1]) for match in matches if match)
