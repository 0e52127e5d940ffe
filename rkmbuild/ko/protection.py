"""What of a module's code lacks the protection that a kernel may ask for."""

from collections.abc import Collection, Iterable

from rkmbuild.arch.arch import LandingPad
from rkmbuild.ko import elf
from rkmbuild.ko.module import Module

Place = tuple[int, int]
"""Section and offset."""

# Addresses in these are places in code, and never called.
_PLACES = frozenset(
    {"__mcount_loc", "__patchable_function_entries", "__bug_table", "__ex_table", "__jump_table",
     ".parainstructions", ".altinstructions", "_kprobe_blacklist", "_error_injection_whitelist"}
)  # fmt: skip
# Trampolines of static calls, which are called directly (asm/static_call.h)
_TRAMPOLINE = "__SCT__"


def unpatched(module: Module, branches: Iterable[Place]) -> list[Place]:
    """Return the indirect branches that no table of the module has patched at load."""
    bare = list(branches)
    if not bare:
        return []
    patched = set()
    for section in module.file.sections:
        if section.type != elf.SHT_RELA or not 0 < section.info < len(module.file.sections):
            continue
        home = module.file.names[section.info]
        if home in (".parainstructions", ".altinstructions", ".retpoline_sites"):
            for _, _, number, addend in module.file.relocations(section).rows():
                if number < len(module.symbols):
                    symbol = module.symbols[number]
                    patched.add((symbol.shndx, symbol.value + addend))
    return [place for place in bare if place not in patched]


def without_pad(module: Module, pad: LandingPad, addresses: Collection[int]) -> list[Place]:
    """Return the functions whose address is data, and that do not begin with a landing pad.

    Args:
        module: The module.
        pad: What they have to begin with.
        addresses: The types of relocations that write an address.
    """
    file = module.file
    starts = {
        (number, start)
        for number, rows in module.functions.items()
        for start, _, symbol in rows
        if not module.symbol_name(symbol).startswith(_TRAMPOLINE)
    }
    missing = []
    for section in file.sections:
        if section.type != elf.SHT_RELA or not 0 < section.info < len(file.sections):
            continue
        if not module.allocated[section.info] or file.names[section.info] in _PLACES:
            continue
        if file.sections[section.info].executable:
            continue
        for _, kind, number, addend in file.relocations(section).rows():
            if kind not in addresses or number >= len(module.symbols):
                continue
            symbol = module.symbols[number]
            place = (symbol.shndx, symbol.value + addend)
            if place in starts:
                at = file.sections[symbol.shndx].offset + place[1]
                if file.data[at : at + 4] not in pad.codes:
                    missing.append(place)
    return list(dict.fromkeys(missing))
