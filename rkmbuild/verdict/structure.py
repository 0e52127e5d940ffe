"""Whether a file's headers and tables are such that the loader goes on with it."""

from collections.abc import Callable

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf, Section
from rkmbuild.ko.module import Index
from rkmbuild.verdict import string_tables
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import elf_file
from rkmbuild.verdict.samples import THIS_MODULE
from rkmbuild.verdict.target import Target


def check(data: bytes, target: Target, report: FindingList) -> tuple[Elf, Index] | None:
    """Apply the loader's rules for the file itself; None where it stops there.

    Up to 6.3 elf_validity_check and setup_load_info, later elf_validity_cache_copy
    (kernel/module/main.c).
    """
    if len(data) < elf.HEADER_SIZE:
        message = f"the file has {len(data)} bytes, fewer than an ELF header"
        # kernel_read_file() (fs/kernel_read_file.c) gives EINVAL for an empty file
        report.add(
            elf_file.ELF_HEADER,
            message,
            errno="" if data else "EINVAL",
            log="Invalid ELF header len" if data else "",
        )
        return None
    file = Elf(data)
    for rule in _rules(target):
        found = FindingList(report.words)
        rule(file, target, found)
        report.findings += found.findings
        # A struct module of another size can still be read, and what else differs says more.
        if found.refused and rule is not _this_module_size:
            return None
    symbols = _with_type(file, elf.SHT_SYMTAB)[0]
    extended = target.since(6, 14)
    return file, Index(
        info=file.find(".modinfo", allocated=not target.since(6, 4)),
        module=file.find(THIS_MODULE),
        symbols=symbols,
        strings=file.sections[symbols].link,
        versions=file.find("__versions"),
        extended_crcs=file.find(string_tables.EXTENDED_CRCS) if extended else 0,
        extended_names=file.find(string_tables.EXTENDED_NAMES) if extended else 0,
        percpu=file.find(".data..percpu"),
    )


def _header(file: Elf, target: Target, report: FindingList) -> None:
    header = file.header
    if header.ident[:4] != elf.MAGIC:
        report.add(elf_file.ELF_MAGIC, "the file is no ELF file", log="Invalid ELF header magic")
    elif header.type != elf.ET_REL:
        message = f"the file is of ELF type {header.type}, and no relocatable object"
        report.add(elf_file.ELF_TYPE, message, log="Invalid ELF header type")
    elif header.machine != target.arch.elf_machine:
        wanted = f"{target.arch.elf_machine} ({target.arch})"
        message = f"the object is for machine {header.machine}, and the kernel's is {wanted}"
        report.add(elf_file.ELF_MACHINE, message, log="Invalid architecture in ELF header")
    elif header.shentsize != elf.SECTION_SIZE:
        message = f"section headers are said to have {header.shentsize} bytes, not 64"
        report.add(elf_file.ELF_SECTION_SIZE, message, log="Invalid ELF section header size")
    elif not file.sizes_fit:
        message = (
            f"{header.shnum} section headers at offset {header.shoff} do not lie within the "
            f"file of {len(file.data)} bytes"
        )
        report.add(elf_file.ELF_SECTION_TABLE, message, log="Invalid ELF section header overflow")


def _zero(file: Elf, _target: Target, report: FindingList) -> None:
    if not file.sections:
        # Up to 6.3 the index of the names is looked at first; later the loader reads a header
        # behind the table before it. Either way it refuses.
        report.add(elf_file.ELF_NAMES, "the file has no sections")
        return
    zero = file.sections[0]
    if zero.type != elf.SHT_NULL or zero.size or zero.addr:
        log = "ELF Spec violation: section 0 type"
        report.add(elf_file.ELF_SECTION_ZERO, "section 0 is not empty", log=log)


def _bounds(file: Elf, _target: Target, report: FindingList) -> None:
    for number, section in enumerate(file.sections):
        if number and section.type not in (elf.SHT_NULL, elf.SHT_NOBITS):
            _within(file, number, report)
            if report.refused:
                return


def _within(file: Elf, number: int, report: FindingList, log: str = "section in module") -> None:
    end = file.sections[number].end
    if end > len(file.data):
        report.add(
            elf_file.ELF_SECTION_BOUNDS,
            f"section {number} ends at byte {end} of a file of {len(file.data)}",
            place=file.names[number],
            log=f"Invalid ELF {log}",
        )


def _names_index(file: Elf, _target: Target, report: FindingList) -> None:
    header = file.header
    if not 0 < header.shstrndx < header.shnum:
        report.add(
            elf_file.ELF_NAMES,
            f"section names are said to be in section {header.shstrndx} of {header.shnum}",
            log="Invalid ELF section name index",
        )


def _names_bounds(file: Elf, _target: Target, report: FindingList) -> None:
    _within(file, file.header.shstrndx, report, "section hdr")


def _names_type(file: Elf, _target: Target, report: FindingList) -> None:
    kind = file.sections[file.header.shstrndx].type
    if kind != elf.SHT_STRTAB:
        message = f"the table of section names is of type {kind}"
        report.add(elf_file.ELF_NAMES, message, log="Invalid ELF section name table type")


def _names_content(file: Elf, _target: Target, report: FindingList) -> None:
    table = file.sections[file.header.shstrndx]
    if not table.size:
        message = "the table of section names is empty"
        report.add(elf_file.ELF_NAMES, message, log="empty section name table")
    elif file.data[table.end - 1 : table.end] != b"\0":
        message = "the table of section names does not end with a NUL"
        report.add(elf_file.ELF_NAMES, message, log="section name table isn't null terminated")


def _names_fit(file: Elf, _target: Target, report: FindingList) -> None:
    for number, section in enumerate(file.sections):
        if section.type != elf.SHT_NULL:
            _name_fits(file, number, report)
        if report.refused:
            return


def _name_fits(file: Elf, number: int, report: FindingList) -> None:
    if file.sections[number].name >= file.sections[file.header.shstrndx].size:
        message = f"the name of section {number} lies outside the table of names"
        report.add(elf_file.ELF_SECTION_NAME, message, log="Invalid ELF section name in module")


def _sections_before_6_4(file: Elf, _target: Target, report: FindingList) -> None:
    for number, section in enumerate(file.sections):
        if not number or section.type in (elf.SHT_NULL, elf.SHT_NOBITS):
            continue
        if section.type == elf.SHT_SYMTAB:
            _strings_link(file, section, report)
        if not report.refused:
            _within(file, number, report)
        if section.allocated and not report.refused:
            _name_fits(file, number, report)
        if report.refused:
            return


def _modinfo(file: Elf, _target: Target, report: FindingList) -> None:
    found = _with_name(file, ".modinfo")
    if len(found) > 1:
        message = f"there are {len(found)} .modinfo sections: fields of all but one would be lost"
        report.add(elf_file.ONE_MODINFO, message, log="Only one .modinfo section must exist")


def _this_module_before_6_4(file: Elf, _target: Target, report: FindingList) -> None:
    if not file.find(THIS_MODULE):
        message = f"there is no {THIS_MODULE} section: this is an object file, and no module yet"
        report.add(elf_file.THIS_MODULE, message, log="No module found in object")


def _this_module(file: Elf, _target: Target, report: FindingList) -> None:
    found = _with_name(file, THIS_MODULE)
    if len(found) != 1:
        message = f"there are {len(found) or 'no'} {THIS_MODULE} sections: a module has one"
        log = "Exactly one .gnu.linkonce.this_module section must exist"
        report.add(elf_file.THIS_MODULE, message, log=log)
        return
    section = file.sections[found[0]]
    if section.type == elf.SHT_NOBITS:
        report.add(
            elf_file.THIS_MODULE, f"{THIS_MODULE} has no contents", log="must have a size set"
        )
    elif not section.allocated:
        report.add(
            elf_file.THIS_MODULE, f"{THIS_MODULE} is not allocated", log="must occupy memory"
        )


def _this_module_size(file: Elf, target: Target, report: FindingList) -> None:
    section = file.sections[file.find(THIS_MODULE)]
    wanted = target.struct_module.size if target.struct_module else section.size
    if section.size != wanted:
        report.add(
            elf_file.THIS_MODULE,
            f"{THIS_MODULE} has {section.size} bytes, and this kernel's struct module {wanted}",
            way_out="build it for this kernel: rkmbuild build --kernel {release}",
            log="section size must match the kernel's built struct module size",
        )


def _some_symbols(file: Elf, _target: Target, report: FindingList) -> None:
    if not _with_type(file, elf.SHT_SYMTAB):
        report.add(
            elf_file.SYMBOL_TABLE, "the module has no symbol table", log="module has no symbols"
        )


def _one_symbol_table(file: Elf, _target: Target, report: FindingList) -> None:
    count = len(_with_type(file, elf.SHT_SYMTAB))
    if count != 1:
        message = f"the module has {count or 'no'} symbol tables and needs one"
        report.add(elf_file.SYMBOL_TABLE, message, log="module has no symbols")


def _strings(file: Elf, _target: Target, report: FindingList) -> None:
    table = file.sections[_with_type(file, elf.SHT_SYMTAB)[0]]
    _strings_link(file, table, report)
    if not report.refused and file.sections[table.link].type != elf.SHT_STRTAB:
        message = f"the symbols' string table is of type {file.sections[table.link].type}"
        report.add(elf_file.STRING_TABLE, message, log="Invalid ELF symbol string table type")


def _strings_link(file: Elf, table: Section, report: FindingList) -> None:
    if not 0 < table.link < file.header.shnum:
        message = f"the symbol table names section {table.link} as its string table"
        report.add(elf_file.STRING_TABLE, message, log="Invalid ELF sh_link!=SHN_UNDEF")


def _with_type(file: Elf, kind: int) -> list[int]:
    return [
        number for number, section in enumerate(file.sections) if number and section.type == kind
    ]


def _with_name(file: Elf, name: str) -> list[int]:
    return [number for number, found in enumerate(file.names) if number and found == name]


_Rule = Callable[[Elf, Target, FindingList], None]

# elf_validity_check and setup_load_info of 6.1
_BEFORE_6_4: tuple[_Rule, ...] = (
    _header,
    _names_index,
    _names_bounds,
    _names_content,
    _zero,
    _sections_before_6_4,
    _some_symbols,
    _this_module_before_6_4,
)
# elf_validity_cache_copy of 6.12
_SINCE_6_4: tuple[_Rule, ...] = (
    _header,
    _zero,
    _bounds,
    _names_index,
    _names_type,
    _names_content,
    _names_fit,
    _modinfo,
    _this_module,
    _this_module_size,
    _one_symbol_table,
    _strings,
)


def _rules(target: Target) -> tuple[_Rule, ...]:
    """Return the rules of a kernel's loader in their order."""
    if not target.since(6, 4):
        return _BEFORE_6_4
    # elf_validity_cache_index and elf_validity_cache_strtab of 7.3
    versions = (string_tables.check_versions,) if target.since(6, 14) else ()
    symbols = (string_tables.check_symbols,) if target.since(6, 13) else ()
    return (*_SINCE_6_4, *versions, *symbols)
