"""A structure's fields where C has them: with padding said, and bit-fields in bytes of their own.

bindgen works out by itself where bit-fields lie, and is wrong where C puts them into the padding
behind a shorter member, or begins a new unit for one that does not fit (rust-bindgen issue 3384).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rkmbuild.pipeline.layout import c_types
from rkmbuild.pipeline.layout.c_types import Member
from rkmbuild.pipeline.layout.compare import Comparison, Pair, member_of
from rkmbuild.pipeline.layout.rust_layout import UnknownTypeError
from rkmbuild.pipeline.layout.rust_text import Bits, Record

_UNIT = "__BindgenBitfieldUnit<[u8; {0}usize]>"
_ALIGNERS = {2: "u16", 4: "u32", 8: "u64"}
_MADE_UP = ("_bitfield_", "__bindgen_padding_", "_bindgen_opaque_blob", "_address")


@dataclass(frozen=True)
class _Piece:
    """A field at its place, in bytes."""

    name: str
    kind: str
    offset: int
    size: int
    align: int


def rebuild(comparison: Comparison, name: str) -> Record | None:
    """Return a structure with its fields where C has them, or None where Rust cannot have it.

    It has the functions of its bit-fields written anew.
    """
    record, pair = comparison.rust.records[name], comparison.pairs.get(name)
    if pair is None:
        return None
    try:
        pieces, bits = _pieces(comparison, record, pair)
    except UnknownTypeError:
        return None
    align = comparison.aligned.get(name) or comparison.rust.of(name).align
    widest = max((piece.align for piece in pieces), default=1)
    packed = align if widest > align else 0
    fields = list(_placed(pieces, pair.c.size, align, packed or widest, pair.c.kind))
    if align > widest and align in _ALIGNERS:
        fields.insert(0, ("_rkmbuild_align", f"[{_ALIGNERS[align]}; 0usize]"))
        align = 0
    return replace(
        record,
        packed=packed,
        align=align if align > widest else 0,
        fields=fields,
        bits=bits,
        bits_are_bindgens=False,
    )


def _pieces(comparison: Comparison, record: Record, pair: Pair) -> tuple[list[_Piece], list[Bits]]:
    pieces = []
    for field, kind in record.fields:
        if field.startswith(_MADE_UP):
            continue
        layout, member = comparison.rust.of(kind), pair.members.get(field)
        if member:
            pieces.append(_Piece(field, kind, member.offset, layout.size, layout.align))
    known = {m.name: each for each in record.bits if (m := member_of(pair.c, each.name))}
    bits: list[Bits] = []
    for number, run in enumerate(_runs(pair.c), 1):
        unit, first = f"_bitfield_{number}", run[0].bit // 8
        size = -(-max(m.bit + (m.bits or 0) for m in run) // 8) - first
        pieces.append(_Piece(unit, _UNIT.format(size), first, size, 1))
        bits += [
            replace(
                known[m.name],
                unit=unit,
                bit=m.bit - first * 8,
                bits=m.bits or 0,
                signed=comparison.types.rust(m.die).startswith("i"),
            )
            for m in run
            if m.name in known
        ]
    return sorted(pieces, key=lambda piece: (piece.offset, piece.size)), bits


def _runs(record: c_types.Record) -> Iterator[Sequence[Member]]:
    """Yield the bit-fields that stand side by side; in a union each stands alone."""
    run: list[Member] = []
    for member in record.members:
        if member.bits is None or (run and record.kind == "union"):
            if run:
                yield run
            run = []
        if member.bits is not None:
            run.append(member)
    if run:
        yield run


def _placed(
    pieces: Sequence[_Piece], size: int, align: int, most: int, kind: str
) -> Iterator[tuple[str, str]]:
    """Yield fields, with padding between them where their own alignment leaves none.

    Args:
        size: The structure's size.
        align: Its alignment.
        most: The most alignment that a field has in it.
        kind: `struct` or `union`.
    """
    end, padding = 0, 0
    for piece in pieces:
        its = min(piece.align, most)
        if kind == "struct" and -(-end // its) * its < piece.offset:
            padding += 1
            yield f"_rkmbuild_padding_{padding}", f"[u8; {piece.offset - end}usize]"
            end = piece.offset
        yield piece.name, piece.kind
        end = max(end, piece.offset + piece.size)
    if kind == "struct" and -(-end // align) * align < size:
        yield f"_rkmbuild_padding_{padding + 1}", f"[u8; {size - end}usize]"


def functions(record: Record, sizes: dict[str, int]) -> str:
    """Return the functions of a structure's bit-fields.

    Args:
        sizes: How many bytes the type of each has.
    """
    lines = [f"impl {record.name} {{"]
    for bits in record.bits:
        plain, width = bits.name.removeprefix("r#"), sizes[bits.name] * 8
        value = f"self.{bits.unit}.get({bits.bit}usize, {bits.bits}u8)"
        if bits.signed and bits.bits < width:
            shift = 64 - bits.bits
            value = f"((({value} << {shift}) as i64) >> {shift}) as u64"
        lines += [
            "    #[inline]",
            f"    pub fn {bits.name}(&self) -> {bits.kind} {{",
            f"        unsafe {{ ::core::mem::transmute(({value}) as u{width}) }}",
            "    }",
            "    #[inline]",
            f"    pub fn set_{plain}(&mut self, val: {bits.kind}) {{",
            "        unsafe {",
            f"            let val: u{width} = ::core::mem::transmute(val);",
            f"            self.{bits.unit}.set({bits.bit}usize, {bits.bits}u8, val as u64)",
            "        }",
            "    }",
        ]
    return "\n".join([*lines, "}\n"])
