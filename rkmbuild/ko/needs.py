"""Find the modules that a module needs: beside it, and among those that came with its kernel."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rkmbuild.kernel.names import module_name
from rkmbuild.ko import depends, modinfo
from rkmbuild.ko.modinfo import Modinfo

_FILE = re.compile(r"(.+)\.ko(\.gz|\.xz|\.zst)?")


@dataclass(frozen=True)
class Needed:
    """A module to load beside another one.

    Attributes:
        file: Its file.
        wanted: Whether a softdep asks for it, without which the other one works too.
        own: Whether it is none of those in the kernel's lib/modules/<release>.
    """

    file: Path
    wanted: bool
    own: bool


@dataclass(frozen=True)
class LoadOrder:
    """What goes into the kernel with a module.

    Attributes:
        before: What is to be loaded before it, in order.
        after: What its softdeps want loaded after it, in order.
        missing: Names of modules that it needs and that were not found.
    """

    before: tuple[Needed, ...]
    after: tuple[Needed, ...]
    missing: tuple[str, ...]


def order(module: Modinfo, modules: Path | None, *, present: Collection[str] = ()) -> LoadOrder:
    """Return what has to be, and what should be, in the kernel with `module`.

    There need not be a modules.dep: that file is made when a kernel is installed, and a fetched
    kernel is only unpacked. What is built in is left out. A softdep that names no module at hand,
    or an alias, is left out as well.

    Args:
        module: The module; others in its folder are taken before those of the kernel.
        modules: The kernel's lib/modules/<release>, where there is one.
        present: Names of modules that are in the kernel already.

    Raises:
        NotAModuleError, ToolchainError: a module that is needed cannot be read.
    """
    before, after = _softdeps(module)
    if not (module.depends or before or after):
        return LoadOrder((), (), ())
    files = {**_below(modules), **_beside(module.path)}
    search = _Search(files, {*present, *_built_in(modules)})
    search.seen.add(module.name)
    hard = search.closure(module)
    for name in (*before, *module.depends):
        search.visit(module_name(name))
    count = len(search.ordered)
    for name in after:
        search.visit(module_name(name))
    found = [
        Needed(file, wanted=name not in hard, own=not (modules and file.is_relative_to(modules)))
        for name, file in search.ordered.items()
    ]
    missing = tuple(name for name in hard if name not in search.files)
    return LoadOrder(tuple(found[:count]), tuple(found[count:]), missing)


def installed(root: Path = Path("/")) -> Path | None:
    """Return the running kernel's lib/modules/<release>, or None where it is not there."""
    folder = root / "lib" / "modules" / os.uname().release
    return folder if folder.is_dir() else None


@dataclass
class _Search:
    """Goes through what is needed, depth first: what is needed comes before what needs it."""

    files: Mapping[str, Path]
    present: Collection[str]
    ordered: dict[str, Path] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    _read: dict[str, Modinfo] = field(default_factory=dict)

    def visit(self, name: str) -> None:
        """Put a module, if it is at hand and not there yet, into the order with all it needs."""
        if name in self.seen or name in self.present or name not in self.files:
            return
        self.seen.add(name)
        module = self._module(name)
        before, after = _softdeps(module)
        for other in (*before, *module.depends):
            self.visit(module_name(other))
        self.ordered[name] = self.files[name]
        for other in after:
            self.visit(module_name(other))

    def closure(self, module: Modinfo) -> dict[str, None]:
        """Return the names of what has to be loaded for `module`, found or not."""
        names: dict[str, None] = {}
        waiting = list(module.depends)
        while waiting:
            name = module_name(waiting.pop())
            if name in names or name in self.present:
                continue
            names[name] = None
            if name in self.files:
                waiting += self._module(name).depends
        return names

    def _module(self, name: str) -> Modinfo:
        if name not in self._read:
            self._read[name] = modinfo.read(self.files[name])
        return self._read[name]


def _softdeps(module: Modinfo) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names that a module wants loaded before it, and after it."""
    return depends.softdeps(value for name, value in module.fields if name == "softdep")


def name_of(file: Path) -> str:
    """Return the module name that a file's name stands for; empty for a file of another kind."""
    match = _FILE.fullmatch(file.name)
    return module_name(match[1]) if match else ""


def _below(modules: Path | None) -> dict[str, Path]:
    found: dict[str, Path] = {}
    # depmod looks into `updates` first (depmod.d(5), `search updates built-in`).
    for top in (modules / "updates", modules) if modules else ():
        # `build` and `source` are links to the headers, and not followed.
        for folder, folders, names in os.walk(top):
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
