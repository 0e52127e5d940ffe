"""Whether a module's code is protected as the kernel's configuration promises."""

from rkmbuild.arch.arch import LandingPad
from rkmbuild.ko import elf
from rkmbuild.verdict import machine_code
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.machine_code import Code
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject

# Addresses in these are places in code, and never called.
_PLACES = frozenset(
    {"__mcount_loc", "__patchable_function_entries", "__bug_table", "__ex_table", "__jump_table",
     ".parainstructions", ".altinstructions", "_kprobe_blacklist", "_error_injection_whitelist"}
)  # fmt: skip
# Trampolines of static calls, which are called directly (asm/static_call.h)
_TRAMPOLINE = "__SCT__"


def check(subject: Subject, code: Code, report: FindingList) -> None:
    """Judge returns, indirect branches, landing pads and ORC against the configuration.

    6.9 put MITIGATION_ before the names of the options.
    """
    config = subject.target.config
    if config.on("RETHUNK", "MITIGATION_RETHUNK") and code.returns:
        message = f"{len(code.returns)} functions return without the kernel's return thunk"
        report.add(notes.PLAIN_RETURNS, message, place=machine_code.where(subject, code.returns))
    branches = _bare(subject, code.branches)
    if config.on("RETPOLINE", "MITIGATION_RETPOLINE") and branches:
        message = f"{len(branches)} indirect calls or jumps go through no retpoline"
        report.add(notes.INDIRECT_CALLS, message, place=machine_code.where(subject, branches))
    unguarded = [place for place in code.unguarded if place in {*code.returns, *branches}]
    if config.on("SLS", "MITIGATION_SLS") and unguarded:
        message = f"{len(unguarded)} returns or jumps have no INT3 behind them"
        where = machine_code.where(subject, unguarded)
        report.add(notes.STRAIGHT_LINE_SPECULATION, message, place=where)
    pad = subject.target.arch.landing_pad
    if pad and config.on(pad.option):
        _landing_pads(subject, pad, report)
    if config.on("UNWINDER_ORC"):
        _orc(subject, report)


def _bare(subject: Subject, branches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the indirect branches that no table of the module has patched at load."""
    if not branches:
        return []
    patched = set()
    for section in subject.file.sections:
        if section.type != elf.SHT_RELA or not 0 < section.info < len(subject.file.sections):
            continue
        home = subject.file.names[section.info]
        if home in (".parainstructions", ".altinstructions", ".retpoline_sites"):
            for _, _, number, addend in subject.file.relocations(section).rows():
                if number < len(subject.symbols):
                    symbol = subject.symbols[number]
                    patched.add((symbol.shndx, symbol.value + addend))
    return [place for place in branches if place not in patched]


def _landing_pads(subject: Subject, pad: LandingPad, report: FindingList) -> None:
    """Find functions whose address is data, and that do not begin with a landing pad."""
    addresses = subject.target.arch.relocations.addresses
    file = subject.file
    starts = {
        (number, start): symbol
        for number, rows in subject.functions.items()
        for start, _, symbol in rows
        if not subject.symbol_name(symbol).startswith(_TRAMPOLINE)
    }
    missing = []
    for section in file.sections:
        if section.type != elf.SHT_RELA or not 0 < section.info < len(file.sections):
            continue
        if not subject.allocated[section.info] or file.names[section.info] in _PLACES:
            continue
        if file.sections[section.info].executable:
            continue
        for _, kind, number, addend in file.relocations(section).rows():
            if kind not in addresses or number >= len(subject.symbols):
                continue
            symbol = subject.symbols[number]
            place = (symbol.shndx, symbol.value + addend)
            if place in starts:
                at = file.sections[symbol.shndx].offset + place[1]
                if file.data[at : at + 4] not in pad.codes:
                    missing.append(place)
    if missing:
        missing = list(dict.fromkeys(missing))
        message = f"the address of {len(missing)} functions is taken, and they have no {pad.name}"
        report.add(dangers.MISSING_ENDBR, message, place=machine_code.where(subject, missing))


def _orc(subject: Subject, report: FindingList) -> None:
    file = subject.file
    code = [
        number
        for number, section in enumerate(file.sections)
        if section.executable and subject.allocated[number] and subject.functions.get(number)
    ]
    if code and not file.find(".orc_unwind_ip"):
        message = "no ORC data: stack traces through the module will be guesses"
        report.add(notes.NO_ORC, message)
