"""The format BTF, as far as it is read here.

Documentation/bpf/btf.rst and include/uapi/linux/btf.h, the same from Linux 6.1 to 7.3.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple

MAGIC = 0xEB9F
HEADER = struct.Struct("<HBBIIIII")
TYPE = struct.Struct("<III")
_PARAMETER = struct.Struct("<II")
_INFO = struct.Struct("<I")
_MEMBER = struct.Struct("<III")
_ARRAY = struct.Struct("<III")


class Kind(IntEnum):
    """BTF_KIND_…."""

    INT = 1
    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FWD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12
    FUNC_PROTO = 13
    VAR = 14
    DATASEC = 15
    FLOAT = 16
    DECL_TAG = 17
    TYPE_TAG = 18
    ENUM64 = 19


# Bytes behind a type: for each of its members, and once.
_EACH = {
    Kind.STRUCT: 12, Kind.UNION: 12, Kind.ENUM: 8, Kind.FUNC_PROTO: 8, Kind.DATASEC: 12,
    Kind.ENUM64: 12,
}  # fmt: skip
_ONCE = {Kind.INT: 4, Kind.ARRAY: 12, Kind.VAR: 4, Kind.DECL_TAG: 4}
_BEHIND = tuple((_EACH.get(Kind(kind), 0), _ONCE.get(Kind(kind), 0)) for kind in Kind)


class Type(NamedTuple):
    """One type.

    Attributes:
        kind: Which kind.
        name: Where its name begins among the strings, counted from those of the base.
        members: How many there are of what it consists of.
        value: Its size in bytes, or the type that it refers to.
        at: Where in the data the rest of it begins.
    """

    kind: int
    name: int
    members: int
    value: int
    at: int


class Blob:
    """BTF of a kernel, or what a module has beside that.

    Attributes:
        data: All of it.
        strings: Its strings.
    """

    def __init__(self, data: bytes) -> None:
        """Take the contents of a section `.BTF`.

        Raises:
            ValueError: it is none, or of a kind that is not known here.
        """
        if len(data) < HEADER.size:
            raise ValueError("too short for BTF")
        magic, version, _, header, types, length, strings, size = HEADER.unpack_from(data)
        if magic != MAGIC or version != 1:
            raise ValueError("no BTF of version 1")
        self._start, self._end = header + types, header + types + length
        end = header + strings + size
        if self._end > len(data) or end > len(data) or size == 0 or data[end - 1] != 0:
            raise ValueError("cut off")
        self.data = data
        self.strings = data[header + strings : end]

    def types(self) -> Iterator[Type]:
        """Give the types in their order: the first is 1, or the one behind those of the base.

        Raises:
            ValueError: one is cut off, or of a kind that is not known here.
        """
        data, position, end = self.data, self._start, self._end
        unpack = TYPE.unpack_from
        while position < end:
            if position + TYPE.size > end:
                raise ValueError("a type is cut off")
            name, info, value = unpack(data, position)
            position += TYPE.size
            kind, count = info >> 24 & 0x1F, info & 0xFFFF
            if not 0 < kind <= len(_BEHIND):
                raise ValueError(f"a type of kind {kind}, which is not known")
            yield Type(kind, name, count, value, position)
            each, once = _BEHIND[kind - 1]
            position += each * count + once

    def string(self, offset: int) -> str:
        """Return the string that begins at an offset; empty where there is none."""
        if not 0 <= offset < len(self.strings):
            return ""
        return self.strings[offset : self.strings.index(b"\0", offset)].decode(errors="replace")

    def parameters(self, proto: Type) -> list[tuple[int, int]]:
        """Return name and type of each parameter of a FUNC_PROTO; none where they are cut off."""
        end = proto.at + _PARAMETER.size * proto.members
        if end > self._end:
            return []
        return list(_PARAMETER.iter_unpack(self.data[proto.at : end]))

    def members(self, record: Type) -> Iterator[tuple[int, int, int, int]]:
        """Give name, type, first bit and, of a bit-field, width of each member of a record.

        The width is 0 for what is no bit-field.

        Raises:
            ValueError: they are cut off.
        """
        end = record.at + _MEMBER.size * record.members
        if end > self._end:
            raise ValueError("the members of a structure are cut off")
        (info,) = _INFO.unpack_from(self.data, record.at - 8)
        for name, kind, offset in _MEMBER.iter_unpack(self.data[record.at : end]):
            # The highest bit says that the upper byte of each offset is a width.
            yield (name, kind, offset & 0xFFFFFF, offset >> 24) if info >> 31 else (
                name, kind, offset, 0
            )  # fmt: skip

    def array(self, found: Type) -> tuple[int, int]:
        """Return the type of an array's elements, and how many there are.

        Raises:
            ValueError: it is cut off.
        """
        if found.at + _ARRAY.size > self._end:
            raise ValueError("an array is cut off")
        element, _, count = _ARRAY.unpack_from(self.data, found.at)
        return element, count
