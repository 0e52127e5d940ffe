"""Writes a module's own BTF: types that are numbered behind those of another BTF, its base.

The same types come out as the same bytes. Numbers and truth values are always the module's own, as
a kernel may name them in another way; a structure of the kernel's is one of the base.
"""

import struct
from typing import NamedTuple

from rkmbuild.kernel.btf.blob import HEADER, MAGIC, TYPE, Kind
from rkmbuild.ko.kfuncs import TAG
from rkmbuild.pipeline.kfuncs.records import CType, Function, Pointer, Records, Scalar

# include/uapi/linux/btf.h: BTF_INT_SIGNED, BTF_INT_BOOL
_SIGNED, _BOOL = 1, 4
# As gcc calls them where a `long` has 64 bits, with bytes and encoding.
_INTS = {
    "bool": ("_Bool", 1, _BOOL),
    "u8": ("unsigned char", 1, 0),
    "u16": ("short unsigned int", 2, 0),
    "u32": ("unsigned int", 4, 0),
    "u64": ("long unsigned int", 8, 0),
    "i8": ("signed char", 1, _SIGNED),
    "i16": ("short int", 2, _SIGNED),
    "i32": ("int", 4, _SIGNED),
    "i64": ("long int", 8, _SIGNED),
}
_WHOLE = 0xFFFFFFFF


class BaseTypes(NamedTuple):
    """What a BTF builds on.

    Attributes:
        types: The number of the first type that is not its own.
        strings: Bytes of its strings.
        structs: The number of each structure that is referred to.
    """

    types: int
    strings: int
    structs: dict[str, int]


class Writer:
    """One BTF in the making."""

    def __init__(self, types: int, strings: int) -> None:
        """Begin behind `types` types, `void` among them, and so many bytes of strings."""
        self._next = types
        self._types = bytearray()
        self._known: dict[bytes, int] = {}
        self._before = strings
        self._strings = bytearray()
        self._names: dict[str, int] = {"": 0}
        if strings == 0:
            self._strings += b"\0"

    @property
    def types(self) -> int:
        """The number of the next type."""
        return self._next

    @property
    def strings(self) -> int:
        """Bytes of strings so far, with those that it builds on."""
        return self._before + len(self._strings)

    def structure(self, name: str, size: int) -> int:
        """Add a structure without members, of `size` bytes, and return its number."""
        return self._add(Kind.STRUCT, name, size)

    def number(self, name: str) -> int:
        """Add a number, or a truth value, by Rust's word."""
        called, size, encoding = _INTS[name]
        return self._add(
            Kind.INT, called, size, behind=struct.pack("<I", encoding << 24 | size * 8)
        )

    def function(self, name: str, proto: int) -> int:
        """Add a function with its prototype, and the mark that BPF programs may call it.

        Tools that list such functions look for it (scripts/Makefile.btf: decl_tag_kfuncs).
        """
        number = self._add(Kind.FUNC, name, proto)
        self._add(Kind.DECL_TAG, TAG, number, behind=struct.pack("<I", _WHOLE))
        return number

    def prototype(self, returns: int, arguments: list[tuple[str, int]]) -> int:
        """Add a prototype, of which the names of arguments are a part."""
        rows = b"".join(struct.pack("<II", self.name(name), kind) for name, kind in arguments)
        return self._add(Kind.FUNC_PROTO, "", returns, count=len(arguments), behind=rows)

    def pointer(self, to: int) -> int:
        """Add a pointer."""
        return self._add(Kind.PTR, "", to)

    def constant(self, of: int) -> int:
        """Add what is constant."""
        return self._add(Kind.CONST, "", of)

    def finish(self) -> bytes:
        """Return the contents of the section."""
        # The verifier asks for strings that end, and a module's own are never none.
        strings = bytes(self._strings) or b"\0"
        head = HEADER.pack(
            MAGIC, 1, 0, HEADER.size, 0, len(self._types), len(self._types), len(strings)
        )
        return head + bytes(self._types) + strings

    def _add(
        self, kind: Kind, name: str, value: int, *, count: int = 0, behind: bytes = b""
    ) -> int:
        row = TYPE.pack(self.name(name), kind << 24 | count, value) + behind
        if row not in self._known:
            self._known[row] = self._next
            self._next += 1
            self._types += row
        return self._known[row]

    def name(self, text: str) -> int:
        """Return where a name is among the strings; it is added where it is not there."""
        if text not in self._names:
            self._names[text] = self.strings
            self._strings += text.encode() + b"\0"
        return self._names[text]


def base(structures: dict[str, int]) -> tuple[bytes, BaseTypes]:
    """Return a base of the few structures that a module refers to, and what it is to the module.

    The kernel looks them up by name in its own BTF when the module is loaded; where it has several
    of a name, by size.

    Args:
        structures: Their sizes in bytes, by name.
    """
    writer = Writer(1, 0)
    # No BTF may be empty, and each kernel has this one.
    writer.number("i32")
    numbers = {name: writer.structure(name, size) for name, size in structures.items()}
    return writer.finish(), BaseTypes(writer.types, writer.strings, numbers)


def split(records: Records, on: BaseTypes) -> tuple[bytes, list[int]]:
    """Return the BTF of a module's functions, and the number of each function in it.

    Args:
        records: What the module says.
        on: What it builds on: all structures that are not the module's own.
    """
    writer = Writer(on.types, on.strings)
    # What comes first is where the strings begin: `ko.kfuncs` tells by that what they build on.
    writer.name(TAG)
    own = {name: writer.structure(name, size) for name, size in records.types.items()}
    structures = {**on.structs, **own}

    def kind(of: CType) -> int:
        match of:
            case Pointer():
                to = kind(of.to)
                return writer.pointer(writer.constant(to) if of.constant else to)
            case Scalar():
                return 0 if of.name == "void" else writer.number(of.name)
            case _:
                return structures[of.name]

    def add(function: Function) -> int:
        arguments = [(name, kind(each)) for name, each in function.arguments]
        proto = writer.prototype(kind(function.returns), arguments)
        return writer.function(function.name, proto)

    numbers = [add(function) for function in records.functions]
    return writer.finish(), numbers
