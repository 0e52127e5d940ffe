"""Which modules of a kernel have to be loaded before one of them, and in which order.

The order is that of kmod's tools: depmod sorts the modules by who uses whom, and modprobe loads
what is used before what uses it, soft dependencies included. It is worked out from the modules
themselves, so that it is there for a kernel whose depmod never ran.
"""

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.ko import compression, elf, signature, strings
from rkmbuild.ko.elf import Elf, decoded

_SUFFIX = re.compile(r"\.ko(?:\.gz|\.xz|\.zst)?$")
_EXPORT = "__ksymtab_"
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, kw_only=True)
class Node:
    """A module of a kernel, as its file tells.

    Attributes:
        path: The file.
        name: The kernel's name for it.
        exports: Symbols that it exports.
        imports: Symbols that it imports, in the order of its symbol table.
        before: Names or aliases that its softdeps want loaded before it.
        after: Those that they want loaded after it.
        aliases: Other names that it is found by; may have wildcards.
    """

    path: Path
    name: str
    exports: tuple[str, ...]
    imports: tuple[str, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]
    aliases: tuple[str, ...]


def read(path: Path) -> Node:
    """Read what a module's file tells of its dependencies.

    Raises:
        NotAModuleError: it cannot be read, or is no module.
    """
    body, _ = signature.split(compression.decompress(path))
    if len(body) < elf.HEADER_SIZE or body[:4] != elf.MAGIC:
        raise NotAModuleError(f"{path} is not a kernel module: it is no ELF file")
    file = Elf(body)
    fields = strings.modinfo(file, file.find(".modinfo", allocated=False))
    before, after = softdeps(fields.get("softdep", ()))
    exports, imports = _symbols(file)
    return Node(
        path=path,
        name=name_of(path),
        exports=exports,
        imports=imports,
        before=before,
        after=after,
        aliases=tuple(alias.replace("-", "_") for alias in fields.get("alias", ())),
    )


def name_of(path: Path | str) -> str:
    """Return the kernel's name for the module in a file."""
    return _SUFFIX.sub("", str(path).rpartition("/")[2]).replace("-", "_")


@dataclass
class DependencyGraph:
    """Which module of a kernel uses which, sorted as depmod sorts them.

    Attributes:
        modules: By name.
        needs: For each, the modules whose symbols it imports, in the order of its symbol table.
        rank: For each, its place in depmod's order: who uses comes before who is used.
        exact: Modules by alias.
        wild: Aliases with wildcards, and whose they are.
    """

    modules: dict[str, Node]
    needs: dict[str, tuple[str, ...]]
    rank: dict[str, int]
    exact: dict[str, list[str]] = field(default_factory=dict)
    wild: list[tuple[str, str]] = field(default_factory=list)

    def dependencies(self, name: str) -> list[str]:
        """Return all that a module needs, as a line of modules.dep has it: users first."""
        found: dict[str, None] = {}

        def add(user: str) -> None:
            for needed in self.needs.get(user, ()):
                if needed not in found:
                    found[needed] = None
                    add(needed)

        add(name)
        return sorted(found, key=self.rank.__getitem__)

    def load(self, name: str) -> list[str]:
        """Return what modprobe loads for a module, in its order; the module itself included.

        `modprobe --show-depends` may name one twice; the second time it is there already.
        """
        done: list[str] = []
        self._probe(name, done, set())
        return list(dict.fromkeys(done))

    def named(self, name: str) -> list[str]:
        """Return the modules that a name or an alias means."""
        plain = name.replace("-", "_")
        if plain in self.modules:
            return [plain]
        found = [*self.exact.get(plain, ())]
        found += [owner for alias, owner in self.wild if fnmatch.fnmatchcase(plain, alias)]
        return list(dict.fromkeys(found))

    def _probe(self, name: str, done: list[str], seen: set[str]) -> None:
        # libkmod/libkmod-module.c: __kmod_module_get_probe_list, __kmod_module_fill_softdep
        if name in seen:
            return
        seen.add(name)
        for needed in [*reversed(self.dependencies(name)), name]:
            for wanted in self.modules[needed].before:
                for module in self.named(wanted):
                    self._probe(module, done, seen)
            done.append(needed)
            for wanted in self.modules[needed].after:
                for module in self.named(wanted):
                    self._probe(module, done, seen)


def of(folder: Path) -> DependencyGraph:
    """Read all modules of a kernel: some milliseconds each.

    Args:
        folder: lib/modules/<release>.

    Raises:
        NotAModuleError: a file cannot be read.
    """
    names = _listed(folder / "modules.order")
    order = {name: number for number, name in enumerate(names)}
    paths = sorted(_files(folder / "kernel"), key=lambda path: order.get(name_of(path), -1))
    return sort([read(path) for path in paths])


def needed(ko: Path, exports: Mapping[str, ExportedSymbol], folder: Path) -> list[Path]:
    """Return the files to load before a module that need not be the kernel's own, in order.

    Reads only what is needed, by way of Module.symvers; of softdeps those that name a module.

    Args:
        ko: The module.
        exports: The kernel's Module.symvers.
        folder: lib/modules/<release>.

    Raises:
        NotAModuleError: a file cannot be read.
    """
    files = {name_of(path): path for path in _files(folder / "kernel")}
    asked = read(ko)
    found: dict[str, Node] = {}
    waiting = [asked]
    while waiting:
        module = waiting.pop()
        if module.name in found:
            continue
        found[module.name] = module
        owners = {exports[symbol].module for symbol in module.imports if symbol in exports}
        names = {name_of(owner) for owner in owners} | set(module.before) | set(module.after)
        waiting += [
            read(files[name])
            for name in (name.replace("-", "_") for name in names)
            if name in files and name not in found
        ]
    order = sort(list(found.values())).load(asked.name)
    return [found[name].path for name in order if name != asked.name]


def sort(modules: Sequence[Node]) -> DependencyGraph:
    """Sort modules, in the order of modules.order, as depmod does.

    tools/depmod.c: depmod_calculate_dependencies (kmod 30).
    """
    owners = {symbol: module.name for module in modules for symbol in module.exports}
    needs = {
        module.name: tuple(
            dict.fromkeys(owners[symbol] for symbol in module.imports if symbol in owners)
        )
        for module in modules
    }
    users = dict.fromkeys(needs, 0)
    for needed in needs.values():
        for name in needed:
            users[name] += 1
    roots = [module.name for module in modules if not users[module.name]]
    rank: dict[str, int] = {}
    while roots:
        name = roots.pop()
        rank[name] = len(rank)
        for used in needs[name]:
            users[used] -= 1
            if not users[used]:
                roots.append(used)
    # What is left uses itself by way of others: no order can load it.
    for name in needs:
        rank.setdefault(name, len(needs))
    found = DependencyGraph({module.name: module for module in modules}, needs, rank)
    for module in modules:
        for alias in module.aliases:
            if _WILD.search(alias):
                found.wild.append((alias, module.name))
            else:
                found.exact.setdefault(alias, []).append(module.name)
    return found


def softdeps(said: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read `pre: a b post: c`, as kmod_softdep_from_list (libkmod/libkmod-config.c) does.

    Of several lines only the first counts: kmod_module_get_softdeps stops at it.
    """
    before: list[str] = []
    after: list[str] = []
    into: list[str] | None = None
    for word in next(iter(said), "").split():
        if word in ("pre:", "post:"):
            into = before if word == "pre:" else after
        elif into is not None:
            into.append(word)
    return tuple(before), tuple(after)


def _symbols(file: Elf) -> tuple[tuple[str, ...], tuple[str, ...]]:
    table = next((s for s in file.sections if s.type == elf.SHT_SYMTAB), None)
    if not table or not 0 < table.link < len(file.sections):
        return (), ()
    start = file.sections[table.link].offset
    exports: list[str] = []
    imports: list[str] = []
    for symbol in file.symbols(table)[1:]:
        if symbol.shndx == elf.SHN_UNDEF:
            imports.append(decoded(file.string(start + symbol.name)))
        elif symbol.info & 15 == 0 and file.string(start + symbol.name).startswith(b"__ksymtab_"):
            exports.append(decoded(file.string(start + symbol.name)).removeprefix(_EXPORT))
    return tuple(exports), tuple(imports)


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            if _SUFFIX.search(name):
                yield Path(place, name)


def _listed(file: Path) -> list[str]:
    if not file.is_file():
        return []
    return [name_of(line) for line in file.read_text(errors="replace").splitlines()]
