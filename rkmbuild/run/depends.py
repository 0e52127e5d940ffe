"""Find the modules that a module needs: beside it, and among those that came with its kernel."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.module import modinfo
from rkmbuild.module.modinfo import Modinfo

_FILE = re.compile(r"(.+)\.ko(\.gz|\.xz|\.zst)?")


@dataclass(frozen=True)
class Needed:
    """What has to be in the kernel before a module.

    Attributes:
        files: The modules' files, in the order to load.
        missing: Names of modules that were not found.
    """

    files: tuple[Path, ...]
    missing: tuple[str, ...]


def needed(module: Modinfo, tree: KernelTree) -> Needed:
    """Return the modules that `module` needs, and those that these need.

    There need not be a modules.dep: that file is made when a kernel is installed, and a fetched
    kernel is only unpacked. What is built in is left out.

    Args:
        module: The module; others in its folder are taken before those of the kernel.
        tree: The kernel.

    Raises:
        NotAModuleError, ToolchainError: a module that is needed cannot be read.
    """
    if not module.depends:
        return Needed((), ())
    search = _Search({**_below(tree.modules), **_beside(module.path)}, _built_in(tree.modules))
    search.add(module.depends)
    return Needed(tuple(search.ordered.values()), tuple(search.missing))


@dataclass
class _Search:
    files: dict[str, Path]
    built_in: frozenset[str]
    ordered: dict[str, Path] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def add(self, names: tuple[str, ...]) -> None:
        for name in map(modinfo.module_name, names):
            if name in self.ordered or name in self.built_in or name in self.missing:
                continue
            if name in self.files:
                self.add(modinfo.read(self.files[name]).depends)
                self.ordered[name] = self.files[name]
            else:
                self.missing.append(name)


def name_of(file: Path) -> str:
    """Return the module name that a file's name stands for; empty for a file of another kind."""
    match = _FILE.fullmatch(file.name)
    return modinfo.module_name(match[1]) if match else ""


def _below(modules: Path | None) -> dict[str, Path]:
    found: dict[str, Path] = {}
    # `build` and `source` are links to the headers, and not followed.
    for folder, folders, names in os.walk(modules or ""):
        folders.sort()
        for file in (Path(folder, name) for name in sorted(names)):
            found.setdefault(name_of(file), file)
    return found


def _beside(ko: Path) -> dict[str, Path]:
    return {name_of(file): file for file in sorted(ko.absolute().parent.glob("*.ko*"))}


def _built_in(modules: Path | None) -> frozenset[str]:
    if modules is None:
        return frozenset()
    try:
        text = (modules / "modules.builtin").read_text()
    except OSError:
        return frozenset()
    return frozenset(name_of(Path(line)) for line in text.splitlines())
