"""Whether symbols are where they say, and calls lead to where functions begin.

The loader believes both: a damaged symbol table or addend sends the kernel into the middle of code.
"""

import itertools

from rkmbuild.ko import elf
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers
from rkmbuild.verdict.subject import Subject

_SHOWN = 20
_PREFIX = ".rela"


def check(subject: Subject, report: FindingList) -> None:
    """Judge the places of symbols, and the calls to what other modules and the kernel export."""
    _symbols(subject, report)
    _overlaps(subject, report)
    _relocation_sections(subject, report)
    _calls(subject, report)
    _unfilled(subject, report)


def _symbols(subject: Subject, report: FindingList) -> None:
    sections = subject.file.sections
    for symbol in subject.symbols:
        if not 0 < symbol.shndx < len(sections) or symbol.info & 15 == elf.STT_SECTION:
            continue
        home = sections[symbol.shndx]
        if symbol.value > home.size:
            what = "lies outside"
        elif symbol.info & 15 == elf.STT_FUNC and not home.executable:
            what = "is a function in"
        else:
            continue
        name = subject.file.names[symbol.shndx]
        message = f"`{subject.symbol_name(symbol)}` {what} {name}"
        report.add(dangers.SYMBOL_OUTSIDE, message, place=name)


def _overlaps(subject: Subject, report: FindingList) -> None:
    for number, rows in subject.functions.items():
        last_start, last_end, last = 0, 0, None
        for start, end, symbol in rows:
            if last and last_start < start < last_end < end:
                report.add(
                    dangers.SYMBOL_OVERLAP,
                    f"`{subject.symbol_name(symbol)}` begins {start - last_start} bytes into "
                    f"`{subject.symbol_name(last)}` and ends behind it",
                    place=subject.file.names[number],
                )
            if end > last_end:
                last_start, last_end, last = start, end, symbol


def _calls(subject: Subject, report: FindingList) -> None:
    file = subject.file
    rules = subject.target.arch.relocations
    for section in file.sections:
        if section.type != elf.SHT_RELA or section.info >= len(file.sections):
            continue
        if not file.sections[section.info].executable or not subject.allocated[section.info]:
            continue
        rows = file.relocations(section)
        if set(rows.addends) == {rules.call_addend}:
            continue
        for offset, kind, number, addend in rows.rows():
            if (
                kind not in rules.calls
                or addend == rules.call_addend
                or number >= len(subject.symbols)
            ):
                continue
            symbol = subject.symbols[number]
            if not symbol.shndx:
                name = subject.symbol_name(symbol)
                message = (
                    f"a call leads {addend - rules.call_addend:+} bytes from where `{name}` begins"
                )
                where = subject.function_at(section.info, offset)
                report.add(dangers.CALL_TARGET, message, place=where)


def _relocation_sections(subject: Subject, report: FindingList) -> None:
    file = subject.file
    for number, name in enumerate(file.names):
        section = file.sections[number]
        if not name.startswith(_PREFIX) or not section.size:
            continue
        home = file.names[section.info] if section.info < len(file.sections) else ""
        if section.type != elf.SHT_RELA:
            problem = f"is of type {section.type:#x}: its relocations are left out"
        elif home != name.removeprefix(_PREFIX):
            problem = f"is said to fill {home or 'no section'}"
        elif section.link != subject.index.symbols:
            problem = f"is said to go by the symbols in section {section.link}"
        elif section.size % elf.RELOCATION_SIZE:
            problem = "ends in the middle of an entry"
        else:
            continue
        report.add(dangers.RELOCATION_SECTION, f"{name} {problem}", place=name)


def _unfilled(subject: Subject, report: FindingList) -> None:
    """Find calls and jumps that no relocation fills."""
    code = subject.target.arch.code
    if not code:
        return
    file = subject.file
    filled: dict[int, set[int]] = {}
    for section in file.sections:
        # Debug information has many times as many, and no code.
        if (
            section.type == elf.SHT_RELA
            and section.info < len(file.sections)
            and file.sections[section.info].executable
        ):
            filled.setdefault(section.info, set()).update(file.relocations(section).offsets)
    for number, section in enumerate(file.sections):
        if not (section.executable and subject.allocated[number]):
            continue
        content = bytes(file.content(section))
        bare = code.unfilled_branches(content, filled.get(number, set()))
        for at in itertools.islice(bare, _SHOWN):
            where = subject.function_at(number, at)
            report.add(dangers.BRANCH_UNFILLED, f"the call at {at:#x} has no target", place=where)
