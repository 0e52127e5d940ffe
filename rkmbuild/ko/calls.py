"""Which function of a module calls which: by relocations, and by calls within a section."""

import bisect
from collections.abc import Collection
from dataclasses import dataclass, field

from rkmbuild.arch.code import CodeReader
from rkmbuild.ko import elf, vectors
from rkmbuild.ko.elf import Section
from rkmbuild.ko.module import Module

Place = tuple[int, int]
"""Section and offset."""


@dataclass
class Calls:
    """The direct calls of a module; what is called through a pointer is not known.

    Attributes:
        callees: For each function, what it calls or jumps to, and whether it is a call.
        imports: For each function, names of the kernel's functions that it calls or jumps to.
    """

    callees: dict[Place, dict[Place, bool]] = field(default_factory=dict)
    imports: dict[Place, set[str]] = field(default_factory=dict)

    def reached(self, start: Place) -> list[Place]:
        """Return the functions that are reached from one, itself first, nearer ones before."""
        seen = {start: None}
        waiting = [start]
        for place in waiting:
            for callee in self.callees.get(place, ()):
                if callee not in seen:
                    seen[callee] = None
                    waiting.append(callee)
        return waiting


def read(module: Module, code: CodeReader, watched: Collection[str]) -> Calls:
    """Find the calls between the functions of a module.

    Args:
        module: The module.
        code: What reads the instructions of its architecture.
        watched: Names of functions of the kernel whose callers are wanted.
    """
    reader = _Reader(module, code, watched)
    for section in module.file.sections:
        if section.type == elf.SHT_RELA and section.info in reader.starts:
            reader.by_relocations(section)
    for home in reader.starts:
        reader.by_distance(home)
    return reader.found


class _Reader:
    """Collects the calls.

    Attributes:
        starts: By section of code, where functions begin.
        found: What was found so far.
    """

    def __init__(self, module: Module, code: CodeReader, watched: Collection[str]) -> None:
        self._code = code
        self._file = module.file
        self.found = Calls()
        self.starts = {
            number: sorted({start for start, _, _ in module.functions.get(number, [])})
            for number, section in enumerate(module.file.sections)
            if section.executable
            and module.allocated[number]
            and module.file.names[number] != vectors.NOT_RUN
        }
        self._functions = {
            (number, start) for number, starts in self.starts.items() for start in starts
        }
        self._filled: dict[int, set[int]] = {number: set() for number in self.starts}
        self._inside: dict[int, Place] = {}
        self._outside: dict[int, str] = {}
        for number, symbol in enumerate(module.symbols):
            if symbol.shndx in self.starts:
                self._inside[number] = (symbol.shndx, symbol.value)
            elif number and not symbol.shndx:
                name = module.symbol_name(symbol)
                if name in watched:
                    self._outside[number] = name

    def by_relocations(self, section: Section) -> None:
        """Take the calls that relocations of the loader's fill."""
        home = section.info
        content = bytes(self._file.content(self._file.sections[home]))
        rows = self._file.relocations(section)
        self._filled[home].update(rows.offsets)
        for offset, number, distance, call in self._code.relocated_branches(content, rows.rows()):
            if number in self._inside:
                shndx, value = self._inside[number]
                self._note(home, offset, (shndx, value + distance), call=call)
            elif number in self._outside:
                caller = self._caller(home, offset)
                if caller:
                    self.found.imports.setdefault(caller, set()).add(self._outside[number])

    def by_distance(self, home: int) -> None:
        """Take the calls within a section, which the assembler has filled."""
        content = bytes(self._file.content(self._file.sections[home]))
        filled = self._filled[home]
        for offset, target, call in self._code.near_branches(content, set(self.starts[home])):
            # A jump to the function's own beginning is a loop.
            if offset not in filled and (call or self._caller(home, offset) != (home, target)):
                self._note(home, offset, (home, target), call=call)

    def _note(self, home: int, offset: int, callee: Place, *, call: bool) -> None:
        caller = self._caller(home, offset)
        if caller and callee in self._functions:
            known = self.found.callees.setdefault(caller, {})
            known[callee] = call or known.get(callee, False)

    def _caller(self, section: int, offset: int) -> Place | None:
        starts = self.starts[section]
        at = bisect.bisect_right(starts, offset) - 1
        return (section, starts[at]) if at >= 0 else None
