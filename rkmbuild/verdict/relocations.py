"""Whether the loader would apply every relocation, done with its own arithmetic.

What it does with which type is the architecture's (`Arch.relocations`).
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rkmbuild.arch import relocations as arch
from rkmbuild.arch.relocations import Base, Overflow, Relocation
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Relocations
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.findings import Rule
from rkmbuild.verdict.layout import PERCPU_ADDRESS
from rkmbuild.verdict.rules import dangers, refusals
from rkmbuild.verdict.subject import Subject

_MASK = (1 << 64) - 1
# Per-CPU variables are relocated in the copy of the file: far from the kernel and its modules.
_COPY = 1 << 62


def check(
    subject: Subject, values: Sequence[int | None], addresses: Sequence[int], report: FindingList
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
    percpu = subject.index.percpu if subject.target.since(6, 17) else 0
    for number, section in enumerate(file.sections):
        taken = number and section.info < len(file.sections)
        in_copy = bool(percpu) and section.info == percpu
        if not taken or not (subject.allocated[section.info] or in_copy):
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
            address=_COPY if in_copy else addresses[section.info],
            report=report,
        ).run()
        if report.refused:
            return


def _skipped(subject: Subject, number: int, report: FindingList) -> None:
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
            resolved.append(subject.target.arch.space.kernel if known else 0)
        elif symbol.shndx >= len(addresses) or not symbol.shndx:
            resolved.append(value)
        elif symbol.shndx == percpu:
            resolved.append(value + PERCPU_ADDRESS & _MASK)
        else:
            resolved.append(value + addresses[symbol.shndx] & _MASK)
    return resolved


class _Vague:
    """The bytes that depend on where the loader puts the sections of a module.

    Those of one kind lie beside each other, and one of another kind anywhere in the modules' range
    (kernel/module/main.c, move_module; by execmem since 6.10): the upper half of a distance is
    small, or small and negative.
    """

    def __init__(self) -> None:
        self._places: set[int] = set()

    def note(self, kind: Relocation, offset: int, end: int) -> None:
        """Note what was filled in."""
        self._places.difference_update(range(offset, end))
        if kind.base is not Base.ZERO:
            self._places.update(range(offset + kind.width // 2, end))

    def any(self, offset: int, end: int) -> bool:
        """Tell whether such a byte is there."""
        return not self._places.isdisjoint(range(offset, end))

    def others(self, offset: int, end: int) -> Iterable[int]:
        """Return where the bytes are that do not depend on it."""
        return (at for at in range(offset, end) if at not in self._places)


@dataclass(frozen=True, kw_only=True)
class _Pass:
    """One section's relocations."""

    subject: Subject
    home: int
    rows: Relocations
    symbols: Sequence[int]
    address: int
    report: FindingList

    @property
    def rules(self) -> arch.Relocations:
        """What the loader does with which type."""
        return self.subject.target.arch.relocations

    def run(self) -> None:
        """Judge by columns where all is as compilers make it, entry by entry where not."""
        rows = self.rows
        if not len(rows):
            return
        types = set(rows.types)
        if not types <= self.rules.applied.keys() or self.address == _COPY:
            self._one_by_one()
            return
        kinds = {number: self.rules.applied[number] for number in types}
        widths = {kind.width for kind in kinds.values()}
        last = self.subject.file.sections[self.home].size - max(widths)
        if (
            0 in widths
            or max(rows.offsets) > last
            or max(rows.symbols) >= len(self.symbols)
            or not -(1 << 30) < min(rows.addends) <= max(rows.addends) < 1 << 30
            or (self.rules.must_be_zero and not self._untouched(widths))
            or self._overflow(kinds)
        ):
            self._one_by_one()

    def _untouched(self, widths: set[int]) -> bool:
        """Tell whether all places are of one width, lie apart, and are zero before."""
        if len(widths) > 1:
            return False
        (width,) = widths
        places = self.rows.offsets
        if any(b - a < width for a, b in itertools.pairwise(sorted(places))):
            return False
        zero = bytes(width)
        data = bytes(self.subject.file.content(self.subject.file.sections[self.home]))
        return not data or all(data[at : at + width] == zero for at in places)

    def _overflow(self, kinds: Mapping[int, Relocation]) -> bool:
        """Tell whether the loader refuses a value; what it cuts off is too far for such addends."""
        limited = {
            number: kind
            for number, kind in kinds.items()
            if kind.fits and kind.overflow is Overflow.REFUSED
        }
        return bool(limited) and any(
            number in limited
            and not limited[number].takes(
                limited[number].value(self.symbols[symbol] + addend, self.address + offset)
            )
            for offset, number, symbol, addend in self.rows.rows()
        )

    def _one_by_one(self) -> None:
        file = self.subject.file
        section = file.sections[self.home]
        image = bytearray(file.content(section)) if section.type != elf.SHT_NOBITS else bytearray()
        new_order = self.subject.target.since(6, 4)
        vague = _Vague()
        for offset, number, symbol, addend in self.rows.rows():
            if symbol >= len(self.symbols):
                self._add(dangers.RELOCATION_SYMBOL, offset, f"symbol {symbol} does not exist")
                continue
            kind = self.rules.applied.get(number)
            if kind is None:
                self._unknown(offset, number, symbol)
                return
            if not kind.width:
                continue
            value = kind.value(self.symbols[symbol] + addend, self.address + offset)
            end = offset + kind.width
            outside = end > section.size
            if outside:
                self._add(
                    dangers.RELOCATION_PLACE, offset, f"place {offset:#x} is outside the section"
                )
            looked_at = self.rules.must_be_zero and not outside
            nonzero = looked_at and any(image[at] for at in vague.others(offset, end))
            if looked_at and not nonzero and vague.any(offset, end):
                message = f"the place of a {kind.name} relocation may be zero, or may not be"
                self._add(dangers.RELOCATION_OVERLAP, offset, message)
            fits = kind.takes(value)
            too_large = not fits and kind.overflow is Overflow.REFUSED
            if nonzero and not (new_order and too_large):
                message = f"the place of a {kind.name} relocation is not zero"
                self._add(refusals.RELOCATION_NONZERO, offset, message, "existing value is nonzero")
                return
            if too_large:
                message = f"the value {value & _MASK:#x} does not fit into a {kind.name} relocation"
                log = f"overflow in relocation type {number} val"
                self._add(refusals.RELOCATION_OVERFLOW, offset, message, log)
                return
            if not fits and kind.overflow is Overflow.CUT:
                bits = 8 * kind.width
                message = f"the distance {value & _MASK:#x} is truncated to {bits} bits"
                self._add(dangers.RELOCATION_TRUNCATED, offset, message)
            if looked_at and section.type != elf.SHT_NOBITS:
                written = value & (1 << 8 * kind.width) - 1
                image[offset:end] = written.to_bytes(kind.width, "little")
                vague.note(kind, offset, end)

    def _unknown(self, offset: int, number: int, symbol: int) -> None:
        name = self.rules.names.get(number, str(number))
        what = self.subject.symbol_name(self.subject.symbols[symbol])
        way_out = ""
        if number in self.rules.got:
            way_out = (
                "there is no GOT in the kernel: compile with a static relocation model "
                "(-fno-pic, -Crelocation-model=static), and with relro-level off in the target"
            )
        elif number in self.rules.thread_local:
            way_out = (
                "there is no thread-local storage in the kernel: use no #[thread_local], __thread"
            )
        message = (
            f"a relocation of type {self.rules.prefix}{name} to `{what}`, which the loader does "
            "not apply"
        )
        log = self.rules.unknown.format(type=number)
        self._add(refusals.RELOCATION_TYPE, offset, message, log, way_out)

    def _add(self, rule: Rule, offset: int, message: str, log: str = "", way_out: str = "") -> None:
        place = self.subject.function_at(self.home, offset)
        self.report.add(rule, message, place=place, log=log, way_out=way_out)
