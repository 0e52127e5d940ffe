"""The layouts of bindings beside those of C, structure by structure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rkmbuild.pipeline.layout import c_types, rust_text
from rkmbuild.pipeline.layout.c_types import CTypes
from rkmbuild.pipeline.layout.rust_layout import RustLayout, UnknownTypeError

_KEYWORD_END = "_"
# Fields that are bindgen's or ours alone.
_MADE_UP = re.compile(
    r"_bitfield_|__bindgen_padding_|_bindgen_|bindgen_|_address$|_unused$|_rkmbuild_"
)
# Without rustfmt there is a blank before each bracket.
_HOLDER = re.compile(r"\b(?:ManuallyDrop|__BindgenUnionField|__IncompleteArrayField)\s*<")


@dataclass(frozen=True)
class Difference:
    """A structure that is not laid out as in C.

    Attributes:
        name: Its name in the bindings.
        why: What differs.
    """

    name: str
    why: str


@dataclass(frozen=True)
class Pair:
    """A structure of the bindings and what it is in C.

    Attributes:
        rust: The one.
        c: The other.
        spelling: How C calls it, or nothing where it has no name there.
        members: What its fields are in C, those without a name there included.
    """

    rust: rust_text.Record
    c: c_types.Record
    spelling: str
    members: Mapping[str, c_types.Member]


class Comparison:
    """Which structure of the bindings is which of C, and whether they lie alike."""

    def __init__(self, rust: RustLayout, types: CTypes, aligned: Mapping[str, int]) -> None:
        """Pair the structures up.

        Args:
            rust: The bindings.
            types: What C's compiler says.
            aligned: The alignment of those that have a name in C, by their name in the bindings.
        """
        self.rust = rust
        self.types = types
        self.aligned = aligned
        self.pairs: dict[str, Pair] = {}
        for name in list(rust.records):
            record = types.record_named(name)
            if record:
                self._pair(name, record, types.spelling(name))

    def differences(self) -> list[Difference]:
        """Return all that are not as in C."""
        found = ((name, self.difference(name)) for name in self.rust.records)
        return [Difference(name, why) for name, why in found if why]

    def difference(self, name: str) -> str:
        """Return what differs in one structure, or nothing."""
        pair = self.pairs.get(name)
        try:
            layout, offsets = self.rust.of(name), self.rust.offsets(name)
        except UnknownTypeError as error:
            return f"it holds {error}, of which nothing is known"
        if pair is None:
            # One that is declared alone; bindgen may give it a byte (rust-bindgen issue 2691).
            return f"it has {layout.size} bytes, and C does not describe it" if layout.size else ""
        for field, kind in self.rust.records[name].fields:
            member = pair.members.get(field)
            if member is None:
                # gcc tells no members of a union that a typedef makes transparent.
                if _MADE_UP.match(field) or not pair.c.members:
                    continue
                return f"C has no member {field}"
            if offsets[field] * 8 != member.bit:
                at = offsets[field]
                return f"{field} is at byte {at}, and at {_place(member.bit)} in C"
            size, there = self.rust.of(kind).size, self.types.size(member.die)
            if size != there and "__BindgenUnionField" not in kind:
                return f"{field} has {size} bytes, and {there} in C"
        why = self._bits(pair, offsets)
        align = self.aligned.get(name)
        if not why and layout.size != pair.c.size:
            why = f"it has {layout.size} bytes, and {pair.c.size} in C"
        if not why and align is not None and layout.align != align:
            why = f"it is aligned to {layout.align} bytes, and to {align} in C"
        return why

    def _bits(self, pair: Pair, offsets: dict[str, int]) -> str:
        for bits in self.rust.records[pair.rust.name].bits:
            member = member_of(pair.c, bits.name)
            if member is None or member.bits is None:
                return f"{bits.name} is no bit-field in C"
            at = offsets[bits.unit] * 8 + bits.bit
            if (at, bits.bits) != (member.bit, member.bits):
                return (
                    f"{bits.name} is {bits.bits} bits from bit {at} on, and in C {member.bits} "
                    f"from {member.bit} on"
                )
            value = self.types.rust(member.die)
            if value.startswith("i") and f"i{member.bits}" != value and not bits.signed:
                # rust-bindgen issue 1160
                return f"{bits.name} is read without the sign that it has in C"
        return ""

    def _pair(self, name: str, record: c_types.Record, spelling: str) -> None:
        rust = self.rust.records.get(name)
        if rust is None or name in self.pairs:
            return
        # bindgen numbers what has no name in C, in the order of the members.
        nameless = iter([m for m in record.members if not m.name and self.types.record(m.die)])
        members = {
            field: member
            for field, _ in rust.fields
            if (
                member := next(nameless, None)
                if field.startswith("__bindgen_anon_")
                else member_of(record, field)
            )
        }
        self.pairs[name] = Pair(rust, record, spelling, members)
        for field, kind in rust.fields:
            member = members.get(field)
            inner = self.types.record(self.types.element(member.die)) if member else None
            held = self._held(kind)
            # What is defined within another structure has that one's name before its own.
            if inner and held not in self.pairs and not self.types.record_named(held):
                self._pair(held, inner, "")

    def _held(self, kind: str) -> str:
        """Return the structure that a field is, or is an array of."""
        while True:
            kind = kind.strip()
            if kind.startswith("["):
                kind = kind[1:].rpartition(";")[0]
            elif _HOLDER.search(kind):
                kind = kind.partition("<")[2].rpartition(">")[0]
            else:
                return self.rust.stripped(kind)


def member_of(record: c_types.Record, field: str) -> c_types.Member | None:
    """Return the member that a field of bindings is: bindgen marks keywords of Rust."""
    field = field.removeprefix("r#")
    return record.fields.get(field) or record.fields.get(field.removesuffix(_KEYWORD_END))


def _place(bit: int) -> str:
    return f"byte {bit // 8}" if bit % 8 == 0 else f"bit {bit}"
