"""The file with a module's debug information: its build id, and where in it a function is.

It is a relocatable object: each section begins at address 0, so a place is a section and an offset.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.klog.frames import SHORTEST_CUT, Frame
from rkmbuild.ko import compression, elf, modinfo
from rkmbuild.ko.elf import Elf

_BUILD_ID = ".note.gnu.build-id"
# What makes the debug information of a .ko; it may be in the module itself.
_LINES = ".debug_line"

# What gcc and LLVM append to a function's name when they split, copy or rename it.
_ADDED = re.compile(r"\.(?:cold|part|isra|constprop|llvm|warm)\b.*$")

# The largest drivers have some ten thousand functions.
_MOST_SYMBOLS = 500_000


@dataclass(frozen=True)
class Place:
    """A byte of the module.

    Attributes:
        section: The name of the section.
        offset: Bytes from its begin.
    """

    section: str
    offset: int


@dataclass(frozen=True)
class Function:
    """A symbol of a section with code.

    Attributes:
        name: As the symbol table has it.
        section: The section's number.
        value: Where it begins, from the section's begin.
        size: Its bytes, as the compiler counts them.
        room: Bytes to the next symbol of the section, or None for the last one.
    """

    name: str
    section: int
    value: int
    size: int
    room: int | None

    def fits(self, size: int) -> bool:
        """Tell whether the kernel would print this size for it.

        It counts to the next symbol (find_kallsyms_symbol of kernel/module/kallsyms.c); behind the
        last one of a section, that is in another section.
        """
        return size >= self.size if self.room is None else size == self.room


class DebugFile:
    """A `.ko.debug`, or a `.ko` that has its debug information in it.

    Args:
        path: The file.

    Raises:
        NotAModuleError: it cannot be read, or is no relocatable object.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        descriptor = compression.open_module(path)
        with os.fdopen(descriptor, "rb") as file:
            data = file.read(compression.MAX_BYTES)
        if len(data) < elf.HEADER_SIZE or not data.startswith(elf.MAGIC):
            raise NotAModuleError(f"{path} is no ELF file")
        self.elf = Elf(data)
        if self.elf.header.type != elf.ET_REL:
            raise NotAModuleError(f"{path} is no module: it is no relocatable object")

    @cached_property
    def build_id(self) -> str:
        """The linker's build id in hex digits, or empty."""
        section = self.elf.find(_BUILD_ID)
        content = bytes(self.elf.content(self.elf.sections[section])) if section else b""
        return (modinfo.note(content, "GNU", 3) or b"").hex()

    @property
    def has_lines(self) -> bool:
        """Whether it tells lines at all."""
        return bool(self.elf.find(_LINES, allocated=False))

    def find(self, frame: Frame) -> Place | str:
        """Return the place of a frame with a symbol, or what is wrong."""
        named = [function for function in self._named(frame.symbol) if function.fits(frame.size)]
        if not named:
            if self._named(frame.symbol):
                return "the function has another size: this is of another build"
            return "has no such function"
        if len(named) > 1:
            return f"has {len(named)} functions of this name and size"
        function = named[0]
        if frame.offset > frame.size:
            return "the offset is beyond the function's end"
        return Place(self.elf.names[function.section], function.value + frame.offset)

    def function_at(self, place: Place) -> Function | None:
        """Return the function that a place is in, or at the end of."""
        functions = self.sections.get(place.section, [])
        index = bisect_right(functions, place.offset, key=lambda function: function.value)
        return functions[index - 1] if index else None

    def names_at(self, place: Place) -> set[str]:
        """Return all names of the function at a place, without what an optimiser adds to them."""
        function = self.function_at(place)
        if not function:
            return set()
        same = (each for each in self.sections[place.section] if each.value == function.value)
        return {_ADDED.sub("", each.name) for each in same}

    @cached_property
    def sections(self) -> dict[str, list[Function]]:
        """The functions of each section with code, by their places; the first section of a name."""
        found: dict[int, list[Function]] = {}
        for function in self._functions:
            found.setdefault(function.section, []).append(function)
        names = self.elf.names
        return {names[number]: found[number] for number in sorted(found, reverse=True)}

    @cached_property
    def _functions(self) -> list[Function]:
        return list(self._read())

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        found: dict[str, list[Function]] = {}
        for function in self._functions:
            found.setdefault(function.name, []).append(function)
        return found

    def _named(self, name: str) -> list[Function]:
        found = self._by_name.get(name, [])
        if found or len(name) < SHORTEST_CUT:
            return found
        return [function for function in self._functions if function.name.startswith(name)]

    def _read(self) -> Iterator[Function]:
        file = self.elf
        tables = [section for section in file.sections if section.type == elf.SHT_SYMTAB]
        if not tables or not tables[0].link < len(file.sections):
            return
        strings = file.sections[tables[0].link].offset
        code = {n for n, s in enumerate(file.sections) if s.executable and s.allocated}
        table = tables[0]._replace(size=min(tables[0].size, _MOST_SYMBOLS * elf.SYMBOL_SIZE))
        symbols = [s for s in file.symbols(table) if s.shndx in code and s.name]
        symbols.sort(key=lambda symbol: (symbol.shndx, symbol.value))
        following: tuple[int, int] | None = None
        last: tuple[int, int] | None = None
        functions = []
        for symbol in reversed(symbols):
            here = (symbol.shndx, symbol.value)
            if here != last:
                following, last = last, here
            room = following[1] - symbol.value if following and following[0] == here[0] else None
            name = elf.decoded(file.string(strings + symbol.name))
            functions.append(Function(name, symbol.shndx, symbol.value, symbol.size, room))
        yield from reversed(functions)
