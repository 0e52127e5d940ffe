"""A relocatable ELF64 file as the kernel's loader reads it: tables at offsets, nothing believed.

The loader's own checks are what the `check` rules are about, so this reader has none of its own
beyond bounds: it never raises on a hostile file, and a table that does not fit is empty.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from rkmbuild.base import console

# include/uapi/linux/elf.h
MAGIC = b"\x7fELF"
EI_CLASS = 4
CLASS64_LITTLE = b"\x02\x01"
ET_REL = 1
HEADER_SIZE = 64
SECTION_SIZE = 64
SYMBOL_SIZE = 24
RELOCATION_SIZE = 24

SHT_NULL = 0
SHT_PROGBITS = 1
SHT_SYMTAB = 2
SHT_STRTAB = 3
SHT_RELA = 4
SHT_NOTE = 7
SHT_NOBITS = 8
SHT_REL = 9

SHF_WRITE = 0x1
SHF_ALLOC = 0x2
SHF_EXECINSTR = 0x4
SHF_RELA_LIVEPATCH = 0x00100000
SHF_RO_AFTER_INIT = 0x00200000

SHN_UNDEF = 0
SHN_LIVEPATCH = 0xFF20
SHN_ABS = 0xFFF1
SHN_COMMON = 0xFFF2

STB_LOCAL = 0
STB_WEAK = 2
STT_NOTYPE = 0
STT_OBJECT = 1
STT_FUNC = 2
STT_SECTION = 3

# Names are cut off here: KSYM_NAME_LEN is 512 (include/linux/kallsyms.h), and a string table
# without an end must not make every look-up walk through the whole file, nor fill the memory.
MAX_NAME = 1024

# The largest modules of a distribution have a fifth of it. A few kilobytes can unpack to tables
# that take minutes to go through and gigabytes to keep: what is beyond is not read.
MOST_SYMBOLS = 1 << 19
MOST_RELOCATIONS = 4 << 20

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")


class Header(NamedTuple):
    """The file header, Elf64_Ehdr."""

    ident: bytes
    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int


class Section(NamedTuple):
    """A section header, Elf64_Shdr."""

    name: int
    type: int
    flags: int
    addr: int
    offset: int
    size: int
    link: int
    info: int
    addralign: int
    entsize: int

    @property
    def end(self) -> int:
        """Offset in the file behind its last byte."""
        return self.offset + self.size

    @property
    def allocated(self) -> bool:
        """Whether the file asks for memory for it (SHF_ALLOC)."""
        return bool(self.flags & SHF_ALLOC)

    @property
    def executable(self) -> bool:
        """Whether it holds machine code (SHF_EXECINSTR)."""
        return bool(self.flags & SHF_EXECINSTR)


class Symbol(NamedTuple):
    """A symbol, Elf64_Sym."""

    name: int
    info: int
    other: int
    shndx: int
    value: int
    size: int

    @property
    def binding(self) -> int:
        """STB_LOCAL, STB_GLOBAL, STB_WEAK."""
        return self.info >> 4

    @property
    def type(self) -> int:
        """STT_FUNC, STT_OBJECT, STT_SECTION and so on."""
        return self.info & 15


@dataclass(frozen=True)
class Relocations:
    """The entries of one SHT_RELA section, as columns.

    A large driver has half a million of them; the columns are made by the interpreter's own C code.

    Attributes:
        offsets: r_offset of each, in its target section.
        types: Lower half of r_info.
        symbols: Upper half of r_info, an index into the symbol table.
        addends: r_addend.
    """

    offsets: Sequence[int]
    types: Sequence[int]
    symbols: Sequence[int]
    addends: Sequence[int]

    def __len__(self) -> int:
        return len(self.offsets)

    def rows(self) -> Iterator[tuple[int, int, int, int]]:
        """Give offset, type, symbol and addend of each entry."""
        return zip(self.offsets, self.types, self.symbols, self.addends, strict=True)


class Elf:
    """A file of at least `HEADER_SIZE` bytes, read as a little-endian ELF64 object.

    Attributes:
        data: The file, without the signature behind it.
        header: Its header.
        sections: Its section headers; none where the table does not lie within the file.
        sizes_fit: Whether the section table lies within the file.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.header = Header(*_HEADER.unpack_from(data))
        self.sizes_fit = (
            self.header.shentsize == SECTION_SIZE
            and self.header.shoff < len(data)
            and self.header.shnum * SECTION_SIZE <= len(data) - self.header.shoff
        )
        self.sections: tuple[Section, ...] = ()
        if self.sizes_fit:
            table = memoryview(data)[self.header.shoff :][: self.header.shnum * SECTION_SIZE]
            self.sections = tuple(map(Section._make, _SECTION.iter_unpack(table)))

    def string(self, offset: int) -> bytes:
        """Return what C code sees at an offset of the file: the bytes up to the next NUL.

        Empty beyond the end of the file, and cut off at `MAX_NAME` bytes.
        """
        end = self.data.find(b"\0", offset, offset + MAX_NAME)
        return self.data[offset:end] if end >= 0 else self.data[offset : offset + MAX_NAME]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The sections' names; empty where the table of names does not say."""
        if not 0 < self.header.shstrndx < len(self.sections):
            return ("",) * len(self.sections)
        table = self.sections[self.header.shstrndx]
        return tuple(
            decoded(self.string(table.offset + section.name)) if section.name < table.size else ""
            for section in self.sections
        )

    def find(self, name: str, *, allocated: bool = True) -> int:
        """Return the index of the first section of this name, 0 where there is none.

        As find_sec and find_any_sec of kernel/module/main.c do it.
        """
        for index, found in enumerate(self.names):
            if index and found == name and (self.sections[index].allocated or not allocated):
                return index
        return 0

    def content(self, section: Section) -> memoryview:
        """Return a section's bytes in the file; none for SHT_NOBITS or where they do not fit."""
        if section.type == SHT_NOBITS or section.end > len(self.data):
            return memoryview(b"")
        return memoryview(self.data)[section.offset : section.end]

    def symbols(self, section: Section) -> list[Symbol]:
        """Return the symbols of a symbol table, up to `MOST_SYMBOLS`; not one that is cut off."""
        table = self.content(section)[: MOST_SYMBOLS * SYMBOL_SIZE]
        whole = len(table) - len(table) % SYMBOL_SIZE
        return list(map(Symbol._make, _SYMBOL.iter_unpack(table[:whole])))

    def relocations(self, section: Section) -> Relocations:
        """Return the entries of a SHT_RELA section, as `symbols` does: to `MOST_RELOCATIONS`."""
        table = self.content(section)[: MOST_RELOCATIONS * RELOCATION_SIZE]
        table = table[: len(table) - len(table) % RELOCATION_SIZE]
        words, halves = table.cast("Q"), table.cast("I")
        return Relocations(
            offsets=words[0::3].tolist(),
            types=halves[2::6].tolist(),
            symbols=halves[3::6].tolist(),
            addends=table.cast("q")[2::3].tolist(),
        )


def decoded(name: bytes) -> str:
    """Return a name of the file as text that can be shown, whatever its bytes are."""
    return console.visible(name.decode(errors="backslashreplace"))
