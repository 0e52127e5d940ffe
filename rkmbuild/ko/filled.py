"""What the loader has to fill in: relocations by section and type, and memory without contents."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rkmbuild.arch import architectures
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf, Symbol

_FORMS = {elf.SHT_RELA: "RELA", elf.SHT_REL: "REL"}
# Elf64_Rel, which has no addend
_REL_SIZE = 16


@dataclass(frozen=True, kw_only=True)
class Filled:
    """A section that relocations fill.

    Attributes:
        section: Its name.
        form: `RELA`, or `REL` for entries without addends, which the loader refuses.
        loaded: Whether the section is loaded; debug information is not.
        types: How many relocations there are of each type, the most frequent first; of REL none is
            read, and all are of the type `?`.
    """

    section: str
    form: str
    loaded: bool
    types: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {**vars(self), "types": dict(self.types)}


def read(file: Elf) -> tuple[Filled, ...]:
    """Return the sections that relocations fill, in the order of the file.

    Of overlapping tables of a hostile file, which could be counted for minutes, those are left out
    that are more than the file has bytes for.
    """
    arch = architectures.by_elf(file.header.machine)
    names = arch.relocations.names if arch else {}
    found: list[Filled] = []
    counted = 0
    for section in file.sections:
        if section.type not in _FORMS or section.info >= len(file.sections):
            continue
        if counted > len(file.data):
            break
        counted += section.size
        home = file.sections[section.info]
        if section.type == elf.SHT_RELA:
            kinds = Counter(file.relocations(section).types)
            types = {names.get(kind, str(kind)): count for kind, count in kinds.most_common()}
        else:
            types = {"?": section.size // _REL_SIZE}
        if any(types.values()):
            found.append(
                Filled(
                    section=file.names[section.info],
                    form=_FORMS[section.type],
                    loaded=home.allocated,
                    types=types,
                )
            )
    return tuple(found)


def by_type(filled: tuple[Filled, ...]) -> dict[str, int]:
    """Return how many relocations there are of each type for what is loaded."""
    found: Counter[str] = Counter()
    for each in filled:
        if each.loaded and each.form == "RELA":
            found.update(each.types)
    return dict(found.most_common())


def common(symbols: list[Symbol], names: list[str]) -> dict[str, int]:
    """Return the symbols that C left for a linker to find room for (SHN_COMMON), and their bytes.

    There is no room for them in a module: simplify_symbols (kernel/module/main.c) refuses it.
    """
    return {
        name: symbol.size
        for symbol, name in zip(symbols, names, strict=True)
        if symbol.shndx == elf.SHN_COMMON
    }
