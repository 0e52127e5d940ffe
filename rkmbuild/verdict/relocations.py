"""Whether the loader would apply every relocation, done with its own arithmetic.

arch/x86/kernel/module.c: __apply_relocate_add (6.1) and __write_relocate_add (6.12). Types NONE,
64, 32, 32S, PC32, PLT32 and PC64 are applied; 32 and 32S have to fit, PC32 and PLT32 are cut off
to 32 bits without a word; the place has to be zero before.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Relocations
from rkmbuild.verdict.findings import Rule
from rkmbuild.verdict.layout import PERCPU_ADDRESS
from rkmbuild.verdict.report import Report
from rkmbuild.verdict.rules import dangers, refusals
from rkmbuild.verdict.subject import Subject

# x86-64 psABI, table 4.9
NAMES = {
    0: "NONE", 1: "64", 2: "PC32", 3: "GOT32", 4: "PLT32", 5: "COPY", 6: "GLOB_DAT",
    7: "JUMP_SLOT", 8: "RELATIVE", 9: "GOTPCREL", 10: "32", 11: "32S", 12: "16", 13: "PC16",
    14: "8", 15: "PC8", 16: "DTPMOD64", 17: "DTPOFF64", 18: "TPOFF64", 19: "TLSGD", 20: "TLSLD",
    21: "DTPOFF32", 22: "GOTTPOFF", 23: "TPOFF32", 24: "PC64", 25: "GOTOFF64", 26: "GOTPC32",
    27: "GOT64", 28: "GOTPCREL64", 29: "GOTPC64", 31: "PLTOFF64", 32: "SIZE32", 33: "SIZE64",
    34: "GOTPC32_TLSDESC", 35: "TLSDESC_CALL", 36: "TLSDESC", 37: "IRELATIVE", 38: "RELATIVE64",
    41: "GOTPCRELX", 42: "REX_GOTPCRELX",
}  # fmt: skip
_NONE, _64, _PC32, _PLT32, _32, _32S, _PC64 = 0, 1, 2, 4, 10, 11, 24
# Bytes that each type fills
_WIDTH = {_64: 8, _PC64: 8, _32: 4, _32S: 4, _PC32: 4, _PLT32: 4}
_GOT = {3, 9, 25, 26, 27, 28, 29, 41, 42}
_TLS = {16, 17, 18, 19, 20, 21, 22, 23, 34, 35, 36}
_MASK = (1 << 64) - 1
# Where the kernel's own symbols lie (arch/x86/include/asm/page_64_types.h: __START_KERNEL_map);
# its place within a gigabyte is random.
_KERNEL = 0xFFFF_FFFF_8100_0000


def check(
    subject: Subject, values: Sequence[int | None], addresses: Sequence[int], report: Report
) -> None:
    """Apply apply_relocations: each section's entries in the order of the file.

    Args:
        subject: The module.
        values: What `symbols.check` gave for each symbol.
        addresses: What `layout.place` gave for each section.
        report: Takes what is found.
    """
    file = subject.file
    resolved: list[int] | None = None
    left_out: set[int] = set()
    for number, section in enumerate(file.sections):
        if not number or section.info >= len(file.sections) or not subject.allocated[section.info]:
            _skipped(subject, number, report)
            continue
        if section.type == elf.SHT_REL and not section.flags & elf.SHF_RELA_LIVEPATCH:
            message = "the section holds relocations without addends"
            log = "REL relocation unsupported"
            report.add(refusals.RELOCATION_REL, message, place=file.names[number], log=log)
            return
        if section.flags & elf.SHF_RELA_LIVEPATCH:
            if subject.field("livepatch") is None:
                message = "a section of relocations for live patches"
                report.add(dangers.RELOCATION_LIVEPATCH, message, place=file.names[number])
            continue
        if section.type != elf.SHT_RELA:
            continue
        rows = file.relocations(section)
        if resolved is None:
            resolved = _symbol_addresses(subject, values, addresses)
            left_out = _left_out(subject)
        lost = left_out.intersection(rows.symbols)
        if lost:
            shown = subject.symbol_name(subject.symbols[min(lost)])
            message = f"{file.names[section.info]} refers to `{shown}`, which is not loaded"
            report.add(dangers.RELOCATION_TARGET, message, place=file.names[section.info])
        _Pass(
            subject=subject,
            home=section.info,
            rows=rows,
            symbols=resolved,
            address=addresses[section.info],
            report=report,
        ).run()
        if report.refused:
            return


def _skipped(subject: Subject, number: int, report: Report) -> None:
    section = subject.file.sections[number]
    count = section.size // elf.RELOCATION_SIZE
    percpu = subject.index.percpu
    if number and percpu and section.type == elf.SHT_RELA and section.info == percpu and count:
        message = f"{count} pointers in per-CPU variables stay 0"
        report.add(dangers.RELOCATION_SKIPPED, message, place=".data..percpu")


def _left_out(subject: Subject) -> set[int]:
    """Return the symbols in sections that are not loaded; per-CPU variables are, elsewhere."""
    loaded = {number for number, alloc in enumerate(subject.allocated) if alloc}
    loaded |= {elf.SHN_UNDEF, subject.index.percpu}
    return {
        number
        for number, symbol in enumerate(subject.symbols)
        if symbol.shndx not in loaded and symbol.shndx < len(subject.file.sections)
    }


def _symbol_addresses(
    subject: Subject, values: Sequence[int | None], addresses: Sequence[int]
) -> list[int]:
    resolved = []
    percpu = subject.index.percpu
    for symbol, value in zip(subject.symbols, values, strict=True):
        if value is None:
            known = subject.target.exports.get(subject.symbol_name(symbol))
            resolved.append(_KERNEL if known else 0)
        elif symbol.shndx >= len(addresses) or not symbol.shndx:
            resolved.append(value)
        elif symbol.shndx == percpu:
            resolved.append(value + PERCPU_ADDRESS & _MASK)
        else:
            resolved.append(value + addresses[symbol.shndx] & _MASK)
    return resolved


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """One section's relocations."""

    subject: Subject
    home: int
    rows: Relocations
    symbols: Sequence[int]
    address: int
    report: Report

    def run(self) -> None:
        """Judge by columns where all is as compilers make it, entry by entry where not."""
        rows = self.rows
        if not len(rows):
            return
        kinds = set(rows.types)
        usual = kinds <= _WIDTH.keys() | {_NONE}
        last = self.subject.file.sections[self.home].size - (8 if kinds & {_64, _PC64} else 4)
        if (
            usual
            and _NONE not in kinds
            and max(rows.offsets) <= last
            and max(rows.symbols) < len(self.symbols)
            and -(1 << 30) < min(rows.addends) <= max(rows.addends) < 1 << 30
            and self._apart()
            and self._zero()
            and not self._overflow(kinds)
        ):
            return
        self._one_by_one()

    def _apart(self) -> bool:
        """Tell whether no two entries fill the same bytes."""
        places = self.rows.offsets
        if (
            len(set(self.rows.types) & {_64, _PC64})
            and len(set(map(_WIDTH.get, self.rows.types))) > 1
        ):
            return False
        width = _WIDTH[self.rows.types[0]]
        ordered = sorted(places)
        return all(b - a >= width for a, b in itertools.pairwise(ordered))

    def _zero(self) -> bool:
        content = self.subject.file.content(self.subject.file.sections[self.home])
        if not len(content):
            return True
        zero = bytes(_WIDTH[self.rows.types[0]])
        width = len(zero)
        data = bytes(content)
        return all(data[at : at + width] == zero for at in self.rows.offsets)

    def _overflow(self, kinds: set[int]) -> bool:
        if not kinds & {_32, _32S}:
            return False
        symbols = self.symbols
        return any(
            _overflows(kind, symbols[symbol] + addend & _MASK)
            for kind, symbol, addend in zip(
                self.rows.types, self.rows.symbols, self.rows.addends, strict=True
            )
            if kind in (_32, _32S)
        )

    def _one_by_one(self) -> None:
        file = self.subject.file
        section = file.sections[self.home]
        image = bytearray(file.content(section)) if section.type != elf.SHT_NOBITS else bytearray()
        new_order = self.subject.target.since(6, 4)
        for offset, kind, symbol, addend in self.rows.rows():
            if symbol >= len(self.symbols):
                self._add(dangers.RELOCATION_SYMBOL, offset, f"symbol {symbol} does not exist")
                continue
            value = self.symbols[symbol] + addend & _MASK
            if kind == _NONE:
                continue
            width = _WIDTH.get(kind)
            if width is None:
                self._unknown(offset, kind, symbol)
                return
            if kind in (_PC32, _PLT32, _PC64):
                value = value - self.address - offset & _MASK
            outside = offset + width > self.subject.file.sections[self.home].size
            if outside:
                self._add(
                    dangers.RELOCATION_PLACE, offset, f"place {offset:#x} is outside the section"
                )
            nonzero = not outside and any(image[offset : offset + width])
            too_large = _overflows(kind, value)
            if nonzero and not (new_order and too_large):
                message = f"the place of a {NAMES[kind]} relocation is not zero"
                self._add(refusals.RELOCATION_NONZERO, offset, message, "existing value is nonzero")
                return
            if too_large:
                message = f"the value {value:#x} does not fit into a {NAMES[kind]} relocation"
                log = f"overflow in relocation type {kind} val"
                self._add(refusals.RELOCATION_OVERFLOW, offset, message, log)
                return
            if kind in (_PC32, _PLT32) and _overflows(_32S, value):
                message = f"the distance {value:#x} is cut off to 32 bits"
                self._add(dangers.RELOCATION_TRUNCATED, offset, message)
            if not outside and section.type != elf.SHT_NOBITS:
                image[offset : offset + width] = (value & (1 << 8 * width) - 1).to_bytes(
                    width, "little"
                )

    def _unknown(self, offset: int, kind: int, symbol: int) -> None:
        name = NAMES.get(kind, str(kind))
        what = self.subject.symbol_name(self.subject.symbols[symbol])
        way_out = ""
        if kind in _GOT:
            way_out = (
                "there is no GOT in the kernel: compile with a static relocation model "
                "(-fno-pic, -Crelocation-model=static), and with relro-level off in the target"
            )
        elif kind in _TLS:
            way_out = (
                "there is no thread-local storage in the kernel: use no #[thread_local], __thread"
            )
        message = (
            f"a relocation of type R_X86_64_{name} to `{what}`, which the loader does not apply"
        )
        self._add(
            refusals.RELOCATION_TYPE, offset, message, f"Unknown rela relocation: {kind}", way_out
        )

    def _add(self, rule: Rule, offset: int, message: str, log: str = "", way_out: str = "") -> None:
        place = self.subject.function_at(self.home, offset)
        self.report.add(rule, message, place=place, log=log, way_out=way_out)


def _overflows(kind: int, value: int) -> bool:
    """Tell whether a 64-bit value is not what its lower half extends to."""
    if kind == _32:
        return value >> 32 != 0
    if kind == _32S:
        return not (value < 1 << 31 or value >= (1 << 64) - (1 << 31))
    return False
