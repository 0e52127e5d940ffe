"""The tables of a module that the kernel reads after the relocations, and the entry points.

What find_module_sections (kernel/module/main.c) and the architecture's module_finalize
hand to the rest of the kernel is believed as it is: a pointer that no relocation filled, or that
leads to the wrong kind of place, has code patched or called that should not be.
"""

from rkmbuild.arch.tables import ANY, Table
from rkmbuild.ko import elf
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject
from rkmbuild.verdict.target import Target

_ORC_ENTRY = 6
# Lower bits of some pointers are flags (linux/jump_label.h, linux/static_call_types.h); beyond
# them a pointer to another module's symbol may lead into a structure, as far as a page.
_FLAGS = 4096


def check(subject: Subject, report: FindingList) -> None:
    """Judge each table that is there, struct module and what it points to."""
    seen = {}
    for number, name in enumerate(subject.file.names):
        table = subject.target.arch.tables.get(name)
        current = _of_age(table, subject.target) if table and subject.allocated[number] else None
        if current:
            seen[number] = current
    places = _places(subject)
    for number, table in seen.items():
        problem = _problem(subject, number, table, places.get(number, []))
        if problem:
            message = f"{problem} ({table.source})"
            report.add(dangers.SPECIAL_SECTION, message, place=subject.file.names[number])
    _orc(subject, report)
    _entry_points(subject, places.get(subject.index.module, []), report)


def _of_age(table: Table, target: Target) -> Table | None:
    if table.until and target.since(*table.until):
        return None
    if not table.older:
        return table
    major, minor, before = table.older
    return table if target.since(major, minor) else before


_Place = tuple[int, int, int, int]


def _places(subject: Subject) -> dict[int, list[_Place]]:
    """Return the relocations of each section: offset, width, symbol and addend."""
    file = subject.file
    arch = subject.target.arch
    applied = arch.relocations.applied
    wanted = {number for number, name in enumerate(file.names) if name in arch.tables}
    wanted.add(subject.index.module)
    found: dict[int, list[_Place]] = {}
    for section in file.sections:
        if section.type == elf.SHT_RELA and section.info in wanted:
            rows = [
                (offset, applied[kind].width if kind in applied else 4, symbol, addend)
                for offset, kind, symbol, addend in file.relocations(section).rows()
                if kind not in applied or applied[kind].width
            ]
            found.setdefault(section.info, []).extend(rows)
    return found


def _problem(subject: Subject, number: int, table: Table, places: list[_Place]) -> str:
    """Return what is wrong with a table, or an empty string."""
    section = subject.file.sections[number]
    entries, rest = divmod(section.size, table.size)
    if rest:
        return f"{section.size} bytes are no whole number of entries of {table.size}"
    missing = dict.fromkeys(table.pointers, entries)
    for offset, width, symbol, addend in places:
        at = offset % table.size
        if at in missing:
            missing[at] -= 1
        elif at not in table.others:
            return f"a relocation at {offset:#x} fills no pointer of an entry"
        if symbol >= len(subject.symbols):
            return f"a pointer at {offset:#x} has no symbol"
        expected = table.pointers.get(at, ANY)
        # A pointer of 32 bits is the distance from its own place, one of 64 the address itself.
        if expected is ANY:
            wrong = _astray(subject, symbol, addend)
        else:
            wrong = _wrong_target(subject, symbol, addend, expected, code_end=table.code_end)
        if wrong:
            return f"the {width * 8}-bit pointer at {offset:#x} leads {wrong}"
    lacking = [at for at, count in missing.items() if count]
    if lacking:
        return f"not every entry has a relocation for its pointer at {lacking[0]}"
    return ""


def _astray(subject: Subject, number: int, addend: int) -> str:
    symbol = subject.symbols[number]
    if not 0 < symbol.shndx < len(subject.file.sections):
        return "" if 0 <= addend < _FLAGS else f"{addend:+#x} bytes from a symbol elsewhere"
    size = subject.file.sections[symbol.shndx].size
    if 0 <= symbol.value + addend <= size + _FLAGS:
        return ""
    return f"out of {subject.file.names[symbol.shndx]}"


def _wrong_target(
    subject: Subject, number: int, addend: int, expected: tuple[bytes, ...], *, code_end: bool
) -> str:
    symbol = subject.symbols[number]
    if not 0 < symbol.shndx < len(subject.file.sections):
        return "out of the module"
    section = subject.file.sections[symbol.shndx]
    if not section.executable:
        return f"to {subject.file.names[symbol.shndx]}, which is no code"
    at = symbol.value + addend
    if not 0 <= at < section.size + code_end:
        return f"out of {subject.file.names[symbol.shndx]}"
    if not expected:
        return ""
    start = section.offset + at
    found = subject.file.data[start : start + 4]
    if found.startswith(expected):
        return ""
    return (
        f"to {subject.function_at(symbol.shndx, at)}, where the code begins with {found.hex(' ')}"
    )


def _orc(subject: Subject, report: FindingList) -> None:
    """unwind_module_init: as many entries as addresses."""
    file = subject.file
    addresses, entries = file.find(".orc_unwind_ip"), file.find(".orc_unwind")
    if not addresses or not entries:
        return
    count = file.sections[addresses].size // 4
    if count * _ORC_ENTRY != file.sections[entries].size:
        message = f"{count} addresses and {file.sections[entries].size / _ORC_ENTRY:g} entries"
        report.add(dangers.SPECIAL_SECTION, message, place=".orc_unwind")


def _entry_points(subject: Subject, places: list[_Place], report: FindingList) -> None:
    """Judge struct module: the loader takes its bytes as they are in the file."""
    layout = subject.target.struct_module
    section = subject.file.sections[subject.index.module]
    needed = elf.SHF_WRITE | elf.SHF_ALLOC
    kinds = elf.SHF_WRITE | elf.SHF_ALLOC | elf.SHF_EXECINSTR | elf.SHF_RO_AFTER_INIT
    if section.type in (elf.SHT_NULL, elf.SHT_NOBITS) or section.flags & kinds != needed:
        message = "struct module is not in writable data of its own"
        report.add(
            dangers.THIS_MODULE_CONTENT, message, place=subject.file.names[subject.index.module]
        )
    if not layout:
        if subject.target.at_hand:
            report.unchecked.append(
                "struct module: none of this kernel's own modules was found to compare with"
            )
        return
    if section.size != layout.size:
        message = f"{section.size} bytes, and this kernel's struct module has {layout.size}"
        report.add(
            dangers.THIS_MODULE_CONTENT, message, place=subject.file.names[subject.index.module]
        )
        return
    body = bytearray(subject.struct_module)
    name_end = body.find(0, layout.name_at)
    body[layout.name_at : max(name_end, layout.name_at)] = b""
    if any(body):
        report.add(
            dangers.THIS_MODULE_CONTENT,
            "struct module has values that the kernel would take for its own",
            place=subject.file.names[subject.index.module],
        )
    for offset, width, symbol, addend in places:
        _entry_point(subject, (offset, width, symbol, addend), report)
    filled = {offset for offset, *_ in places}
    if layout.init_at in filled and layout.exit_at not in filled:
        report.add(notes.NO_EXIT, "the module has init_module and no cleanup_module")


def _entry_point(subject: Subject, place: _Place, report: FindingList) -> None:
    offset, width, number, addend = place
    layout = subject.target.struct_module
    if not layout or offset not in (layout.init_at, layout.exit_at) or width != 8:
        message = f"a relocation fills struct module at {offset:#x}, which is no entry point"
        report.add(dangers.THIS_MODULE_CONTENT, message)
        return
    what = "init" if offset == layout.init_at else "exit"
    if number >= len(subject.symbols):
        return
    symbol = subject.symbols[number]
    if not 0 < symbol.shndx < len(subject.file.sections):
        report.add(dangers.ENTRY_POINTS, f"{what} is not in the module")
        return
    section = subject.file.sections[symbol.shndx]
    starts = [start for start, _, _ in subject.functions.get(symbol.shndx, ())]
    at = symbol.value + addend
    if not section.executable or not 0 <= at < section.size:
        report.add(
            dangers.ENTRY_POINTS, f"{what} is no code: {subject.file.names[symbol.shndx]}+{at:#x}"
        )
    elif at not in starts:
        where = subject.function_at(symbol.shndx, at)
        report.add(dangers.ENTRY_POINTS, f"{what} is not the beginning of a function", place=where)
