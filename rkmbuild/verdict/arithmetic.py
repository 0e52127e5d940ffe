"""What the loader writes for a relocation, step by step: S, A and P, the value, and the bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rkmbuild.arch.relocations import Base, Overflow, Relocation
from rkmbuild.kernel.addresses import Addresses
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Symbol
from rkmbuild.verdict.subject import Subject

_MASK = (1 << 64) - 1
_FORMULAS = {
    Base.ZERO: "S + A",
    Base.PLACE: "S + A - P",
    Base.PAGE: "page(S + A) - page(P)",
}
# Tells by its number, its type and its symbol whether a relocation is wanted.
Wanted = Callable[[int, str, str], bool]
_OVERFLOWS = {
    Overflow.REFUSED: "refused",
    Overflow.CUT: "truncated",
    Overflow.TRAMPOLINE: "trampoline",
}


@dataclass(frozen=True, kw_only=True)
class Term:
    """An address of the sum.

    Attributes:
        value: It, or None where only the kernel knows.
        text: What it is, as `.text + 0x12`.
        real: Whether the running kernel says so; else it is one that the loader could choose.
    """

    value: int | None
    text: str
    real: bool

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        address = None if self.value is None else f"{self.value:#x}"
        return {"address": address, "what": self.text, "real": self.real}


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A relocation, and all that comes of it.

    Attributes:
        number: Which one of the file's, those of loaded sections counted from 1 on.
        entry: Which one of its table, counted from 0 on, as readelf lists them.
        table: The section that it stands in.
        type: Its type, as `R_…_PC32`; with a number where the psABI has no name.
        section: The section that it fills.
        offset: Where in that.
        function: The function around it, or the section and the offset.
        symbol: The symbol's name.
        s, p: The symbol's address, and the place's.
        a: The addend.
        kind: What the loader does with the type; None for one that it does not apply.
        later: What becomes of the place after, or empty.
    """

    number: int
    entry: int
    table: str
    type: str
    section: str
    offset: int
    function: str
    symbol: str
    s: Term
    a: int
    p: Term
    kind: Relocation | None
    later: str

    @property
    def formula(self) -> str:
        """How the psABI writes the sum; empty for a type that changes nothing."""
        return _FORMULAS[self.kind.base] if self.kind and self.kind.width else ""

    @property
    def value(self) -> int | None:
        """What comes of the sum, with its sign; None where S is not known."""
        if not self.formula or self.kind is None or self.s.value is None or self.p.value is None:
            return None
        return self.kind.value(self.s.value + self.a, self.p.value)

    @property
    def fits(self) -> bool | None:
        """Whether the value fits; None where it is not known."""
        return None if self.value is None or not self.kind else self.kind.takes(self.value)

    @property
    def overflow(self) -> str:
        """What becomes of a value that does not fit: `refused`, `truncated`, `trampoline`."""
        return _OVERFLOWS[self.kind.overflow] if self.kind and self.kind.fits else ""

    @property
    def written(self) -> bytes | None:
        """The bytes that the loader puts at P; None where it puts none, or they are not known."""
        if self.value is None or not self.kind or (not self.fits and self.overflow != "truncated"):
            return None
        width = self.kind.width
        return (self.value & (1 << 8 * width) - 1).to_bytes(width, "little")

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it: addresses and the value as hexadecimal text."""
        fits = self.kind.fits if self.kind else None
        return {
            "number": self.number,
            "type": self.type,
            "table": self.table,
            "entry": self.entry,
            "section": self.section,
            "offset": self.offset,
            "function": self.function,
            "symbol": self.symbol,
            "applied": self.kind is not None,
            "formula": self.formula,
            "S": self.s.document(),
            "A": self.a,
            "P": self.p.document(),
            "value": None if self.value is None else f"{self.value:#x}",
            "range": [f"{end:#x}" for end in fits] if fits else None,
            "fits": self.fits,
            "overflow": self.overflow,
            "width": self.kind.width if self.kind else None,
            "bytes": None if self.written is None else self.written.hex(" "),
            "later": self.later,
        }


def explained(
    subject: Subject,
    example: list[int],
    values: list[int | None],
    known: Addresses,
    wanted: Wanted = lambda _number, _type, _symbol: True,
) -> Iterator[Explained]:
    """Give what comes of relocations of what is loaded, in the order of the file.

    Args:
        subject: The module.
        example: What `layout.place` gave for each section.
        values: What `symbols.check` gave for each symbol.
        known: What the running kernel says, where the module is loaded there.
        wanted: Which ones: a large driver has half a million.
    """
    file = subject.file
    places = _Places(subject, example, values, known)
    rules = subject.target.arch.relocations
    number = 0
    for index, table in enumerate(file.sections):
        loaded = table.info < len(file.sections) and subject.allocated[table.info]
        if not index or table.type != elf.SHT_RELA or not loaded:
            continue
        rows = file.relocations(table).rows()
        for entry, (offset, kind, symbol, addend) in enumerate(rows):
            number += 1
            if symbol >= len(subject.symbols):
                continue
            name = subject.symbol_name(subject.symbols[symbol])
            type_ = f"{rules.prefix}{rules.names.get(kind, str(kind))}"
            if not wanted(number, type_, name):
                continue
            yield Explained(
                number=number,
                entry=entry,
                table=file.names[index],
                type=type_,
                section=file.names[table.info],
                offset=offset,
                function=subject.function_at(table.info, offset),
                symbol=name,
                s=places.symbol(symbol),
                a=addend,
                p=places.place(table.info, offset),
                kind=rules.applied.get(kind),
                later=_later(subject, table.info, name),
            )


def _later(subject: Subject, section: int, symbol: str) -> str:
    rules = subject.target.arch.relocations
    name = subject.file.names[section]
    if symbol.startswith(rules.rewritten):
        return "the kernel overwrites it as it sets itself up for this machine"
    if name in rules.reordered:
        return "the kernel sorts this table"
    if name.startswith(".init"):
        return "freed once the module is initialised"
    return ""


class _Places:
    """Where sections and symbols are: as the running kernel says, else as they could be."""

    def __init__(
        self,
        subject: Subject,
        example: list[int],
        values: list[int | None],
        known: Addresses,
    ) -> None:
        self._subject = subject
        self._example = example
        self._values = values
        self._known = known

    def place(self, section: int, offset: int) -> Term:
        """Return the address of a place in a section."""
        name = self._subject.file.names[section]
        text = f"{name} + {offset:#x}"
        # What /sys says of per-CPU variables is where the file has them, which nothing goes by.
        percpu = section == self._subject.index.percpu
        if self._known.sections and not percpu:
            begin = self._known.sections.get(name)
            address = None if begin is None else begin + offset & _MASK
            return Term(value=address, text=text, real=address is not None)
        if percpu:
            return Term(value=None, text=text, real=False)
        return Term(value=self._example[section] + offset & _MASK, text=text, real=False)

    def symbol(self, number: int) -> Term:
        """Return the address of a symbol: what the loader makes st_value."""
        symbol, value = self._subject.symbols[number], self._values[number]
        if not number:
            return Term(value=0, text="no symbol", real=True)
        if value is None:
            return self._imported(symbol)
        if symbol.shndx < len(self._example):
            return self.place(symbol.shndx, value)
        return Term(value=value, text="an absolute value", real=True)

    def _imported(self, symbol: Symbol) -> Term:
        name = self._subject.symbol_name(symbol)
        exported = self._subject.target.exports.get(name)
        owner = exported.module.rpartition("/")[2] if exported else ""
        text = {"": "exported by another module, or nowhere", "vmlinux": "exported by the kernel"}
        address = self._known.symbols.get(name)
        if address is None and symbol.binding == elf.STB_WEAK and not exported:
            # A weak symbol that nobody has is null (resolve_symbol_wait gives none, and no error).
            return Term(value=0, text="weak, and exported nowhere: null", real=True)
        what = text.get(owner, f"exported by {owner}")
        if address is not None and not owner:
            what = "where /proc/kallsyms has it"
        return Term(value=address, text=what, real=address is not None)


def one_of_each(every: Iterator[Explained], settled: set[str]) -> list[Explained]:
    """Return one relocation of each type, the plainest: to a name, and left as it was filled in.

    Args:
        every: What there is.
        settled: Takes the types for which no plainer one can come.
    """
    best: dict[str, tuple[tuple[bool, bool, bool], Explained]] = {}
    for each in every:
        rank = (bool(each.later), each.symbol.startswith("."), each.value is None)
        if each.type not in best or rank < best[each.type][0]:
            best[each.type] = (rank, each)
        if not any(rank):
            settled.add(each.type)
    return [each for _, each in best.values()]


def names(subject: Subject) -> Mapping[str, int]:
    """Return how many relocations each symbol has that some go by, for who misspelt one."""
    found: dict[str, int] = {}
    for table in subject.file.sections[1:]:
        if table.type == elf.SHT_RELA and table.info < len(subject.file.sections):
            for symbol in subject.file.relocations(table).symbols:
                if symbol < len(subject.symbols):
                    name = subject.symbol_name(subject.symbols[symbol])
                    found[name] = found.get(name, 0) + 1
    return found
