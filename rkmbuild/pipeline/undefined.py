"""Who in an object asks for a symbol that nobody has."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkmbuild.base import process
from rkmbuild.base.errors import RkmbuildError
from rkmbuild.ko.demangle import demangle, without_hashes

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

_SHOWN = 3
# What Rust's own libraries and the kernel crate call their functions.
_OF_CRATE = re.compile(r"^<?(?:&?(?:mut )?)?kernel::")
_OF_LIBRARY = re.compile(r"^<?(?:core|alloc)::")


@dataclass(frozen=True)
class Item:
    """What of the `kernel` crate leads to a symbol.

    Attributes:
        name: The item that the module's own code names, or the function that asks, where no item
            of the crate does.
        used: Where it does so, as `src/lib.rs:12`, or empty where that is not known.
    """

    name: str
    used: str

    @property
    def text(self) -> str:
        """The item and where it is used."""
        return f"{self.name} ({self.used})" if self.used else self.name


def askers(target: Path, names: Collection[str]) -> dict[str, list[str]]:
    """Return, for each of `names`, the functions of the object that refer to it, demangled.

    Three at most are named for each. A `target` that is not there gives nothing.
    """
    found: dict[str, list[str]] = {name: [] for name in names}
    for name, _, _, function in _references(target, names):
        if function and function not in found[name] and len(found[name]) < _SHOWN:
            found[name].append(function)
    return {name: demangle(functions) for name, functions in found.items()}


def items(target: Path, names: Collection[str]) -> dict[str, list[Item]]:
    """Return, for each of `names`, the items of the `kernel` crate whose code refers to it.

    Most of them are inlined into the module's own functions: the object's debug information says
    what came from where. Three at most are named for each.
    """
    found: dict[str, list[Item]] = {name: [] for name in names}
    for name, section, offset, function in _references(target, names):
        if len(found[name]) == _SHOWN:
            continue
        item = item_of(_inlined(target, section, offset))
        if not item and function:
            item = Item(demangle([function])[0], "")
        if item and item not in found[name]:
            found[name].append(item)
    return found


def item_of(chain: list[tuple[str, str]]) -> Item | None:
    """Return the outermost item of the crate in a chain of inlined functions, innermost first.

    Args:
        chain: Functions, and where each of them calls the one before, as `/x/src/lib.rs:12`.
    """
    item = None
    for function, place in chain:
        if _OF_CRATE.match(function):
            item = Item(function, "")
        elif not _OF_LIBRARY.match(function):
            return Item(item.name, place) if item else None
    return item


def _references(target: Path, names: Collection[str]) -> Iterator[tuple[str, str, int, str]]:
    """Yield a name, section and offset where it is referred to, and the function around that."""
    if not names or not target.is_file():
        return
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 50 ms that only a failure needs
    from elftools.elf.relocation import RelocationSection  # noqa: PLC0415

    with target.open("rb") as file:
        elf = ELFFile(file)
        symbols = _symbols(elf)
        functions = sorted(
            (s["st_shndx"], s["st_value"], s["st_value"] + s["st_size"], s.name)
            for s in symbols
            if s["st_info"]["type"] == "STT_FUNC"
        )
        for section in elf.iter_sections():
            if not isinstance(section, RelocationSection) or section.name.startswith(".rela.debug"):
                continue
            index, place = section["sh_info"], elf.get_section(section["sh_info"]).name
            for relocation in section.iter_relocations():
                name, offset = symbols[relocation["r_info_sym"]].name, relocation["r_offset"]
                if name in names:
                    around = (f[3] for f in functions if f[0] == index and f[1] <= offset < f[2])
                    yield name, place, offset, next(around, "")


def _symbols(elf: "ELFFile") -> list[Any]:
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415 - as above

    table = elf.get_section_by_name(".symtab")
    return list(table.iter_symbols()) if isinstance(table, SymbolTableSection) else []


def _inlined(target: Path, section: str, offset: int) -> list[tuple[str, str]]:
    command = ["addr2line", "-f", "-i", "-C", "-e", str(target), "-j", section, hex(offset)]
    try:
        done = process.run(command, doing="asking who calls it", success=range(256))
    except RkmbuildError:
        return []
    lines = done.stdout.splitlines()
    # A function, and behind it the place where it calls what is before it.
    return [
        (without_hashes(function), place)
        for function, place in zip(lines[::2], lines[1::2], strict=False)
        if function != "??"
    ]
