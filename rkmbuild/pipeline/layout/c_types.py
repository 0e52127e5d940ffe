"""The structures and unions of C, as the compiler says in its debug information."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from rkmbuild.pipeline.layout.dwarf import Die, Types

_QUALIFIERS = ("const", "volatile", "restrict", "atomic", "typedef")
# DWARF 5, table 7.11: encodings of signed integers.
_SIGNED = (0x05, 0x06, 0x0D)
_BOOLEAN, _FLOAT = 0x02, 0x04


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a structure or union.

    Attributes:
        name: Its name; empty for one without.
        bit: Where it begins, in bits from the start of the structure.
        bits: How many bits a bit-field has; None for what is none.
        die: Its type.
    """

    name: str
    bit: int
    bits: int | None
    die: Die

    @property
    def offset(self) -> int:
        """Where it begins, in bytes."""
        return self.bit // 8


@dataclass(frozen=True)
class Record:
    """A structure or union.

    Attributes:
        kind: `struct` or `union`.
        size: In bytes.
        members: In the order of the source.
    """

    kind: str
    size: int
    members: tuple[Member, ...]

    @cached_property
    def fields(self) -> dict[str, Member]:
        """Its members by name."""
        return {member.name: member for member in self.members if member.name}


class CTypes:
    """What C has under which name."""

    def __init__(self, types: Types) -> None:
        self._at = types.at
        self._tags: dict[tuple[str, str], Die] = {}
        self._typedefs: dict[str, Die] = {}
        self._records: dict[int, Record] = {}
        self._sizes: dict[int, int] = {}
        for die in types.top:
            name = die.has.get("name")
            if not name or "declaration" in die.has:
                continue
            if die.tag in ("struct", "union", "enum"):
                self._tags.setdefault((die.tag, name), die)
            elif die.tag == "typedef":
                self._typedefs.setdefault(name, die)

    def spelling(self, name: str) -> str:
        """Return how C calls the structure or union that bindings have under `name`, or nothing."""
        for tag in ("struct", "union"):
            if (tag, name) in self._tags:
                return f"{tag} {name}"
        return name if self.record_named(name) else ""

    def record_named(self, name: str) -> Record | None:
        """Return the structure or union that bindings have under a name."""
        for tag in ("struct", "union"):
            if (tag, name) in self._tags:
                return self._record(self._tags[tag, name])
        typedef = self._typedefs.get(name)
        return self.record(typedef) if typedef else None

    def typedef(self, name: str) -> Die | None:
        """Return the type that a typedef names."""
        return self._typedefs.get(name)

    def record(self, die: Die) -> Record | None:
        """Return the structure or union that a type is, by whatever name."""
        bare = self.bare(die)
        if bare.tag in ("struct", "union") and "declaration" not in bare.has:
            return self._record(bare)
        return None

    def bare(self, die: Die) -> Die:
        """Return a type without its typedefs and qualifiers."""
        while die.tag in _QUALIFIERS and "type" in die.has:
            die = self._at[die.has["type"]]
        return die

    def element(self, die: Die) -> Die:
        """Return the type of an array's elements, or the type itself."""
        bare = self.bare(die)
        while bare.tag == "array":
            bare = self.bare(self._at[bare.has["type"]])
        return bare

    def size(self, die: Die) -> int:
        """Return the size of a type in bytes: 0 for void, functions and arrays without a length."""
        key = id(die)
        if key not in self._sizes:
            self._sizes[key] = self._size(die)
        return self._sizes[key]

    def rust(self, die: Die) -> str:
        """Return Rust's type for an integer or a boolean, or nothing."""
        bare = self.bare(die)
        if bare.tag == "enum":
            return f"u{bare.has['size'] * 8}"
        if bare.tag == "pointer":
            return "*mut crate::ffi::c_void"
        encoding = bare.has.get("encoding")
        if bare.tag != "base" or encoding == _FLOAT:
            return ""
        if encoding == _BOOLEAN:
            return "bool"
        return f"{'i' if encoding in _SIGNED else 'u'}{bare.has['size'] * 8}"

    def _size(self, die: Die) -> int:
        bare = self.bare(die)
        if bare.tag != "array":
            size: int = bare.has.get("size", 8 if bare.tag == "pointer" else 0)
            return size
        size = self.size(self._at[bare.has["type"]])
        for each in bare.children:
            if each.tag == "subrange":
                upper = each.has.get("upper")
                size *= each.has.get("count", 0 if upper is None else _signed(upper) + 1)
        return size

    def _record(self, die: Die) -> Record:
        key = id(die)
        if key not in self._records:
            members = tuple(self._members(die))
            self._records[key] = Record(die.tag, die.has.get("size", 0), members)
        return self._records[key]

    def _members(self, die: Die) -> Iterator[Member]:
        for child in die.children:
            if child.tag != "member":
                continue
            has = child.has
            kind = self._at[has["type"]]
            bits, bit = has.get("bit_size"), has.get("offset", 0) * 8
            if "bit_offset" in has:
                bit = has["bit_offset"]
            elif "old_bit_offset" in has and bits is not None:
                # Until DWARF 4, from the other end of the unit that it is read from.
                unit = has.get("size", self.size(kind)) * 8
                bit += unit - _signed(has["old_bit_offset"]) - bits
            yield Member(has.get("name", ""), bit, bits, kind)


def _signed(value: int) -> int:
    """Read what some compilers write as a signed and some as an unsigned number of 64 bits."""
    return value - (1 << 64) if value >> 63 == 1 else value
