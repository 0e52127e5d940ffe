"""What is wrong in a file's headers and tables, and what the loader does not look at."""

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf
from rkmbuild.ko.module import Index
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, notes

_PAGE = 4096
# Sections that are written to after load, by name (include/asm-generic/vmlinux.lds.h)
_WRITTEN = (".data", ".bss")
_WRITTEN_TABLES = frozenset({"__jump_table", "__bug_table", "__dyndbg", "__tracepoints"})


def check(file: Elf, index: Index, report: FindingList) -> None:
    """Find what the loader does not look at, and stumbles over later; or others do."""
    if file.header.ident[elf.EI_CLASS : elf.EI_CLASS + 2] != elf.CLASS64_LITTLE:
        report.add(notes.ELF_CLASS, "the file does not call itself ELF64, little-endian")
    zero = file.sections[0]
    if zero.offset or zero.flags:
        report.add(dangers.SECTION_ZERO_USED, "section 0 has an offset or flags")
    names = file.sections[file.header.shstrndx]
    if names.type == elf.SHT_NOBITS:
        report.add(dangers.SECTION_NAME_OUTSIDE, "the table of section names has no contents")
    for number, section in enumerate(file.sections):
        if section.name >= names.size:
            report.add(
                dangers.SECTION_NAME_OUTSIDE, f"section {number} has a name outside the table"
            )
        if number and section.type == elf.SHT_NULL and (section.allocated or section.size):
            report.add(
                dangers.SECTION_ZERO_USED,
                f"section {number} is of type SHT_NULL and has contents",
                place=file.names[number],
            )
        align = section.addralign
        if section.allocated and (align & (align - 1) if align else 0):
            report.add(
                dangers.SECTION_ALIGNMENT,
                f"the alignment {align} is no power of two",
                place=file.names[number],
            )
        elif section.allocated and align > _PAGE:
            report.add(
                dangers.SECTION_ALIGNMENT,
                f"the loader aligns to at most {_PAGE}, and not to {align}",
                place=file.names[number],
            )
    strings = file.sections[index.strings]
    if strings.type in (elf.SHT_NULL, elf.SHT_NOBITS) or not strings.size:
        report.add(dangers.STRING_OUTSIDE, "the symbols' string table has no contents")
    elif file.data[strings.end - 1 : strings.end] != b"\0":
        report.add(dangers.STRING_OUTSIDE, "the last string of the symbols' table has no end")
    _flags(file, report)
    _overlaps(file, report)


def _flags(file: Elf, report: FindingList) -> None:
    for name, section in zip(file.names, file.sections, strict=True):
        if not section.size or section.type in (elf.SHT_NULL, elf.SHT_RELA):
            continue
        if section.executable and not section.allocated:
            report.add(dangers.SECTION_FLAGS, f"{name} is code that is not loaded", place=name)
        written = name.startswith(_WRITTEN) or name in _WRITTEN_TABLES
        if written and not section.flags & elf.SHF_WRITE:
            message = f"{name} is not writable, and the kernel or the module writes to it"
            report.add(dangers.SECTION_FLAGS, message, place=name)


def tables_fit(file: Elf) -> bool:
    """Tell whether all sections together have no more bytes than the file.

    Where they have, they overlap; 65,535 of them over one another would take hours to go through.
    """
    sizes = (s.size for s in file.sections if s.type not in (elf.SHT_NULL, elf.SHT_NOBITS))
    return sum(sizes) <= 2 * len(file.data)


def are_read_whole(file: Elf, report: FindingList) -> bool:
    """Tell whether the tables of symbols and of relocations are of a size that can be judged."""
    symbols = relocations = 0
    for section in file.sections:
        if section.type == elf.SHT_SYMTAB:
            symbols += section.size // elf.SYMBOL_SIZE
        home = file.sections[section.info] if section.info < len(file.sections) else None
        if section.type == elf.SHT_RELA and home and home.allocated:
            relocations += section.size // elf.RELOCATION_SIZE
    if symbols <= elf.MOST_SYMBOLS and relocations <= elf.MOST_RELOCATIONS:
        return True
    report.add(dangers.TABLE_SIZE, f"there are {symbols} symbols and {relocations} relocations")
    return False


def _overlaps(file: Elf, report: FindingList) -> None:
    taken = sorted(
        (section.offset, section.end, number)
        for number, section in enumerate(file.sections)
        if section.size and section.type not in (elf.SHT_NULL, elf.SHT_NOBITS)
    )
    table = (file.header.shoff, file.header.shoff + len(file.sections) * elf.SECTION_SIZE, 0)
    end, last = elf.HEADER_SIZE, 0
    for start, stop, number in sorted([*taken, table]):
        if start < end:
            names = [file.names[n] if n else "the headers" for n in (last, number)]
            report.add(
                dangers.SECTION_OVERLAP,
                f"{names[0]} and {names[1]} share bytes of the file",
                place=names[1],
            )
        if stop > end:
            end, last = stop, number
