"""A module's object with the sections that the loader keeps at hand: what it says, and where."""

from dataclasses import dataclass
from functools import cached_property

from rkmbuild.ko import strings
from rkmbuild.ko.elf import SHT_SYMTAB, Elf, Symbol
from rkmbuild.ko.places import Places


@dataclass(frozen=True, kw_only=True)
class Index:
    """Sections that the loader keeps at hand (struct load_info), 0 for those that are not there."""

    info: int
    module: int
    symbols: int
    strings: int
    versions: int
    percpu: int
    extended_crcs: int = 0
    extended_names: int = 0


def opened(data: bytes) -> "Module | None":
    """Return the module of a whole file, or None where it has no symbol table."""
    file = Elf(data)
    for number, section in enumerate(file.sections):
        if section.type == SHT_SYMTAB:
            return Module(file, Index(info=0, module=0, symbols=number, strings=section.link,
                                      versions=0, percpu=0))  # fmt: skip
    return None


@dataclass
class Module:
    """A module whose headers and tables can be read.

    Attributes:
        file: The object.
        index: The sections that the loader keeps at hand.
    """

    file: Elf
    index: Index

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
    def allocated(self) -> list[bool]:
        """Which sections have SHF_ALLOC by the time of the relocations.

        rewrite_section_headers() and layout_and_allocate() take it from .modinfo, __versions, its
        extended form and .data..percpu; layout_symtab() gives it to the symbols and their strings.
        """
        flags = [section.allocated for section in self.file.sections]
        index = self.index
        versions = (index.versions, index.extended_crcs, index.extended_names)
        for number in (index.info, *versions, index.percpu):
            flags[number] = False
        flags[index.symbols] = flags[index.strings] = True
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
