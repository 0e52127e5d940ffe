"""What lies where in an object: the functions of its symbol table, by place."""

import bisect
from functools import cached_property

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf, Section, Symbol, decoded


class Places:
    """The functions of an object.

    Attributes:
        file: The object.
        symbols: Its symbol table.
    """

    def __init__(self, file: Elf, symbols: list[Symbol], strings: Section) -> None:
        self.file = file
        self.symbols = symbols
        self._strings_at = strings.offset

    def name(self, symbol: Symbol) -> str:
        """Return a symbol's name; for a section's symbol, the section's."""
        if symbol.type == elf.STT_SECTION and symbol.shndx < len(self.file.sections):
            return self.file.names[symbol.shndx]
        return decoded(self.file.string(self._strings_at + symbol.name))

    @cached_property
    def functions(self) -> dict[int, list[tuple[int, int, Symbol]]]:
        """Functions by section: start, end and symbol of each, sorted."""
        return self._rows(elf.STT_FUNC)

    @cached_property
    def _labels(self) -> dict[int, list[tuple[int, int, Symbol]]]:
        """Global symbols without a type, as assembly has them that does not say `.type`."""
        rows = self._rows(elf.STT_NOTYPE)
        for section, found in rows.items():
            labels = [row for row in found if row[2].binding != elf.STB_LOCAL]
            # Of two names for one place, the last one is taken: not the one for other linkers.
            labels.sort(key=lambda row: (row[0], not self.name(row[2]).startswith("_")))
            rows[section] = labels
        return rows

    def _rows(self, kind: int) -> dict[int, list[tuple[int, int, Symbol]]]:
        found: dict[int, list[tuple[int, int, Symbol]]] = {}
        for symbol in self.symbols:
            if symbol.type == kind and 0 < symbol.shndx < len(self.file.sections):
                row = (symbol.value, symbol.value + symbol.size, symbol)
                found.setdefault(symbol.shndx, []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: row[:2])
        return found

    def starts(self, section: int) -> list[int]:
        """Return the offsets at which functions, or what looks like one, begin in a section."""
        rows = (*self.functions.get(section, ()), *self._labels.get(section, ()))
        return sorted({start for start, _, _ in rows})

    def function_at(self, section: int, offset: int) -> str:
        """Return the name of the function around an offset, or the section and the offset."""
        before = _last_before(self.functions.get(section, []), offset)
        if before and offset < before[1]:
            return self.name(before[2])
        label = _last_before(self._labels.get(section, []), offset)
        if label and (not before or before[1] <= label[0]):
            return self.name(label[2])
        return f"{self.file.names[section]}+{offset:#x}"


def _last_before(
    rows: list[tuple[int, int, Symbol]], offset: int
) -> tuple[int, int, Symbol] | None:
    # Functions hardly ever overlap: the last one that begins before the offset is around it.
    number = bisect.bisect_right(rows, offset, key=lambda row: row[0]) - 1
    return rows[number] if number >= 0 else None


def of(file: Elf) -> Places:
    """Return the places of an object by its first symbol table."""
    table = next(section for section in file.sections if section.type == elf.SHT_SYMTAB)
    return Places(file, file.symbols(table), file.sections[table.link])
