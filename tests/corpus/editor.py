"""Changes single fields of a module file: what a damaged or hostile file would have there."""

import struct
from typing import Self

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf

# Fields of the header and of section headers: offset and struct format.
HEADER = {
    "class": (4, "B"), "data": (5, "B"), "type": (16, "H"), "machine": (18, "H"),
    "shoff": (40, "Q"), "shentsize": (58, "H"), "shnum": (60, "H"), "shstrndx": (62, "H"),
}  # fmt: skip
SECTION = {
    "name": (0, "I"), "type": (4, "I"), "flags": (8, "Q"), "addr": (16, "Q"), "offset": (24, "Q"),
    "size": (32, "Q"), "link": (40, "I"), "info": (44, "I"), "addralign": (48, "Q"),
    "entsize": (56, "Q"),
}  # fmt: skip
SYMBOL = {
    "name": (0, "I"),
    "info": (4, "B"),
    "shndx": (6, "H"),
    "value": (8, "Q"),
    "size": (16, "Q"),
}
RELOCATION = {"offset": (0, "Q"), "type": (8, "I"), "symbol": (12, "I"), "addend": (16, "q")}


class Editor:
    """A module's bytes, and where things are in them.

    Attributes:
        data: The bytes, changed as asked.
        file: The module as it was in the beginning.
    """

    def __init__(self, module: bytes) -> None:
        self.data = bytearray(module)
        self.file = Elf(module)

    def number(self, section: str) -> int:
        """The index of a section; KeyError where there is none."""
        found = self.file.find(section, allocated=False)
        if not found:
            raise KeyError(section)
        return found

    def put(self, at: int, value: bytes) -> Self:
        """Write bytes at an offset of the file."""
        self.data[at : at + len(value)] = value
        return self

    def header(self, **fields: int) -> Self:
        """Change fields of the file header."""
        return self._fields(0, HEADER, fields)

    def section(self, which: str | int, **fields: int) -> Self:
        """Change fields of a section's header."""
        number = self.number(which) if isinstance(which, str) else which
        return self._fields(self.file.header.shoff + 64 * number, SECTION, fields)

    def get(self, section: str, field: str) -> int:
        """A field of a section's header, as it was."""
        found: int = getattr(self.file.sections[self.number(section)], field)
        return found

    def renamed(self, section: str, like: str) -> Self:
        """Give a section the name of another one, or a tail of its own."""
        if like in self.file.names:
            return self.section(section, name=self.get(like, "name"))
        if not section.endswith(like):
            raise KeyError(like)
        return self.section(section, name=self.get(section, "name") + len(section) - len(like))

    def content(self, section: str, at: int, value: bytes) -> Self:
        """Write bytes into a section."""
        return self.put(self.get(section, "offset") + at, value)

    def replaced(self, section: str, old: bytes, new: bytes) -> Self:
        """Replace bytes of a section by as many others; KeyError where they are not in it."""
        content = bytes(self.file.content(self.file.sections[self.number(section)]))
        at = content.find(old)
        if at < 0 or len(old) != len(new):
            raise KeyError(old)
        return self.content(section, at, new)

    def symbol_number(self, name: str) -> int:
        """The index of a symbol; KeyError where there is none."""
        strings = self.file.sections[self.number(".strtab")].offset
        table = self.file.symbols(self.file.sections[self.number(".symtab")])
        for number, symbol in enumerate(table):
            if self.file.string(strings + symbol.name) == name.encode():
                return number
        raise KeyError(name)

    def symbol(self, which: str | int, **fields: int) -> Self:
        """Change fields of a symbol."""
        number = self.symbol_number(which) if isinstance(which, str) else which
        at = self.get(".symtab", "offset") + elf.SYMBOL_SIZE * number
        return self._fields(at, SYMBOL, fields)

    def relocation(self, section: str, number: int, **fields: int) -> Self:
        """Change fields of an entry of `.rela` + section."""
        at = self.get(f".rela{section}", "offset") + elf.RELOCATION_SIZE * number
        return self._fields(at, RELOCATION, fields)

    def field_offset(self, name: bytes) -> int:
        """The offset in the file of a .modinfo string that begins with `name`."""
        section = self.file.sections[self.number(".modinfo")]
        content = b"\0" + bytes(self.file.content(section))
        at = content.find(b"\0" + name)
        if at < 0:
            raise KeyError(name)
        return section.offset + at

    def version_of(self, symbol: bytes) -> int:
        """The offset in the file of a symbol's entry in __versions."""
        section = self.file.sections[self.number("__versions")]
        content = bytes(self.file.content(section))
        at = content.find(symbol + b"\0")
        if at < 0:
            raise KeyError(symbol)
        return section.offset + at - 8

    def _fields(self, at: int, layout: dict[str, tuple[int, str]], fields: dict[str, int]) -> Self:
        for name, value in fields.items():
            offset, kind = layout[name]
            self.put(at + offset, struct.pack(f"<{kind}", value))
        return self
