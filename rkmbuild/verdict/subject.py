"""The module under judgement: its file, and what the loader has made of it so far."""

from dataclasses import dataclass
from functools import cached_property

from rkmbuild.kernel.names import MODULE_NAME_LEN
from rkmbuild.ko import strings
from rkmbuild.ko.elf import Elf, Symbol, decoded
from rkmbuild.ko.places import Places
from rkmbuild.verdict.structure import Index
from rkmbuild.verdict.target import Target


@dataclass
class Subject:
    """A module whose headers and tables the loader takes.

    Attributes:
        file: The object.
        index: The sections that the loader keeps at hand.
        target: The kernel that it is judged for.
    """

    file: Elf
    index: Index
    target: Target

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """The .modinfo fields, each with its values in order."""
        return strings.modinfo(self.file, self.index.info)

    def field(self, name: str) -> str | None:
        """Return what get_modinfo() gives: the first value of a field, or None."""
        return self.fields.get(name, [None])[0]

    @cached_property
    def struct_module(self) -> bytes:
        """The contents of struct module in the file."""
        return bytes(self.file.content(self.file.sections[self.index.module]))

    @cached_property
    def name(self) -> str:
        """The module's name: struct module's, which the kernel uses; modinfo's where unknown."""
        layout = self.target.struct_module
        if layout and len(self.struct_module) >= layout.name_at + MODULE_NAME_LEN:
            at = layout.name_at
            return decoded(self.struct_module[at : at + MODULE_NAME_LEN].partition(b"\0")[0])
        return self.field("name") or ""

    @cached_property
    def allocated(self) -> list[bool]:
        """Which sections have SHF_ALLOC by the time of the relocations.

        rewrite_section_headers() and layout_and_allocate() take it from .modinfo, __versions and
        .data..percpu; layout_symtab() gives it to the symbols and their strings.
        """
        flags = [section.allocated for section in self.file.sections]
        for number in (self.index.info, self.index.versions, self.index.percpu):
            flags[number] = False
        flags[self.index.symbols] = flags[self.index.strings] = True
        return flags

    @cached_property
    def symbols(self) -> list[Symbol]:
        """The symbol table."""
        return self.file.symbols(self.file.sections[self.index.symbols])

    @cached_property
    def places(self) -> Places:
        """What lies where in it."""
        return Places(self.file, self.symbols, self.file.sections[self.index.strings])

    def symbol_name(self, symbol: Symbol) -> str:
        """Return a symbol's name; for a section's symbol, the section's."""
        return self.places.name(symbol)

    @property
    def functions(self) -> dict[int, list[tuple[int, int, Symbol]]]:
        """Functions by section: start, end and symbol of each, sorted."""
        return self.places.functions

    def function_at(self, section: int, offset: int) -> str:
        """Return the name of the function around an offset, or the section and the offset."""
        return self.places.function_at(section, offset)
