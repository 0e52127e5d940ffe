"""The types in an object's debug information, read in a tenth of a second.

pyelftools reads DWARF as well, and takes 3 s for the types of the kernel's headers. What is read
here is what gcc and clang write of types: versions 4 and 5, one compilation unit after the other.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rkmbuild.base.errors import BuildError

# DWARF 5, section 7.5.3 and 7.5.4: the tags and attributes that say what types are like.
TAGS = {
    0x01: "array", 0x02: "class", 0x04: "enum", 0x0D: "member", 0x0F: "pointer", 0x13: "struct",
    0x15: "function", 0x16: "typedef", 0x17: "union", 0x21: "subrange", 0x24: "base",
    0x26: "const", 0x28: "enumerator", 0x35: "volatile", 0x37: "restrict", 0x47: "atomic",
    0x11: "unit",
}  # fmt: skip
_ATTRIBUTES = {
    0x03: "name", 0x0B: "size", 0x0C: "old_bit_offset", 0x0D: "bit_size", 0x1C: "value",
    0x2F: "upper", 0x37: "count", 0x38: "offset", 0x3C: "declaration", 0x3E: "encoding",
    0x49: "type", 0x6B: "bit_offset", 0x88: "alignment", 0x72: "str_offsets_base",
}  # fmt: skip
_FIXED = {0x0B: "B", 0x05: "H", 0x06: "I", 0x07: "Q", 0x0C: "B", 0x11: "B", 0x12: "H", 0x13: "I",
          0x14: "Q", 0x17: "I", 0x0E: "I", 0x1F: "I", 0x25: "B", 0x26: "H", 0x28: "I", 0x29: "B",
          0x2A: "H", 0x2C: "I", 0x01: "Q"}  # fmt: skip
_LEB = {0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23}
_STRP, _LINE_STRP, _STRING, _SDATA, _UDATA = 0x0E, 0x1F, 0x08, 0x0D, 0x0F
_STRX = {0x1A, 0x25, 0x26, 0x28}
_IMPLICIT, _PRESENT = 0x21, 0x19
_BLOCKS = {0x0A: 1, 0x03: 2, 0x04: 4}
_REFERENCES = {0x11, 0x12, 0x13, 0x14, 0x15}


@dataclass(slots=True)
class Die:
    """One entry.

    Attributes:
        tag: What it is, by the names in `TAGS`; empty for what is none of them.
        has: Its attributes.
        children: The entries in it.
    """

    tag: str
    has: dict[str, Any]
    children: list["Die"] = field(default_factory=list)


@dataclass(frozen=True)
class Types:
    """The entries of an object.

    Attributes:
        top: Those of the units, in their order.
        at: Each, by where it stands.
    """

    top: list[Die]
    at: dict[int, Die]


def read(target: Path) -> Types:
    """Read an object file.

    Raises:
        BuildError: it has no debug information that could be read.
    """
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 50 ms that only this needs

    with target.open("rb") as file:
        elf = ELFFile(file)
        sections = {
            section.name: section.data()
            for section in elf.iter_sections()
            if section.name.startswith((".debug", ".rela.debug", ".symtab"))
        }
    try:
        return _Reader(sections).types()
    except (KeyError, IndexError, struct.error) as error:
        raise BuildError(
            f"{target.name}: the debug information of the C compiler cannot be read ({error!r})"
        ) from error


class _Reader:
    """The sections that entries refer to; their addresses are filled in as a linker would."""

    def __init__(self, sections: dict[str, bytes]) -> None:
        self._info = _relocated(sections, ".debug_info")
        self._abbrev = sections[".debug_abbrev"]
        self._str = sections.get(".debug_str", b"")
        self._line_str = sections.get(".debug_line_str", b"")
        self._str_offsets = _relocated(sections, ".debug_str_offsets")
        self._base = 8
        self._strings: dict[int, str] = {}

    def types(self) -> Types:
        top: list[Die] = []
        at: dict[int, Die] = {}
        position = 0
        while position < len(self._info):
            length, version = struct.unpack_from("<IH", self._info, position)
            if version == 5:
                table, start = struct.unpack_from("<I", self._info, position + 8)[0], 12
            else:
                table, start = struct.unpack_from("<I", self._info, position + 6)[0], 11
            end = position + 4 + length
            top += self._unit(self._abbreviations(table), position, position + start, end, at)
            position = end
        return Types(top, at)

    def _unit(
        self, abbreviations: dict[int, "_Abbreviation"], unit: int, position: int, end: int,
        at: dict[int, Die],
    ) -> list[Die]:  # fmt: skip
        root = Die("", {})
        stack = [root]
        info = self._info
        while position < end:
            here = position
            code, position = _uleb(info, position)
            if not code:
                if len(stack) > 1:
                    stack.pop()
                continue
            abbreviation = abbreviations[code]
            has, position = abbreviation.take(info, position, self._text)
            if "type" in has:
                has["type"] += unit
            die = Die(abbreviation.tag, has)
            if die.tag == "unit" and "str_offsets_base" in has:
                self._base = has["str_offsets_base"]
            at[here] = die
            stack[-1].children.append(die)
            if abbreviation.children:
                stack.append(die)
        return [die for each in root.children for die in each.children]

    def _abbreviations(self, position: int) -> dict[int, "_Abbreviation"]:
        found: dict[int, _Abbreviation] = {}
        while True:
            code, position = _uleb(self._abbrev, position)
            if not code:
                return found
            tag, position = _uleb(self._abbrev, position)
            children = self._abbrev[position] != 0
            position += 1
            forms: list[tuple[str, int, int]] = []
            while True:
                name, position = _uleb(self._abbrev, position)
                form, position = _uleb(self._abbrev, position)
                constant = 0
                if form == _IMPLICIT:
                    constant, position = _sleb(self._abbrev, position)
                if not name and not form:
                    break
                forms.append((_ATTRIBUTES.get(name, ""), form, constant))
            found[code] = _Abbreviation(TAGS.get(tag, ""), children, tuple(forms))

    def _text(self, form: int, value: int) -> str:
        if form in _STRX:
            start = self._base + 4 * value
            value = int.from_bytes(self._str_offsets[start : start + 4], "little")
        section = self._line_str if form == _LINE_STRP else self._str
        key = value * 2 + (form == _LINE_STRP)
        if key not in self._strings:
            self._strings[key] = section[value : section.index(b"\0", value)].decode()
        return self._strings[key]


class _Abbreviation:
    """The form of entries: what attributes they have, and how each is written."""

    def __init__(
        self, tag: str, children: bool, forms: tuple[tuple[str, int, int], ...]
    ) -> None:  # fmt: skip
        self.tag = tag
        self.children = children
        self._constants = {n: c for n, form, c in forms if n and form == _IMPLICIT}
        self._constants |= {n: 1 for n, form, _ in forms if n and form == _PRESENT}
        self._written = tuple((n, f) for n, f, _ in forms if f not in (_IMPLICIT, _PRESENT))
        fixed = all(form in _FIXED for _, form in self._written)
        layout = "<" + "".join(_FIXED[form] for _, form in self._written) if fixed else ""
        # Most entries have attributes of one length each, and are read at one blow.
        self._fixed = struct.Struct(layout) if fixed else None

    def take(
        self, data: bytes, position: int, text: Callable[[int, int], str]
    ) -> tuple[dict[str, Any], int]:
        """Return an entry's attributes, and where it ends."""
        has: dict[str, Any] = dict(self._constants)
        if self._fixed:
            values: Iterator[Any] = iter(self._fixed.unpack_from(data, position))
            position += self._fixed.size
        else:
            read = []
            for _, form in self._written:
                value, position = _value(data, position, form)
                read.append(value)
            values = iter(read)
        for (name, form), value in zip(self._written, values, strict=True):
            if name:
                is_text = form in (_STRP, _LINE_STRP) or form in _STRX
                has[name] = text(form, value) if is_text else value
        return has, position


def _value(  # noqa: PLR0911 - one for each form
    data: bytes, position: int, form: int
) -> tuple[Any, int]:
    if form in _FIXED:
        layout = struct.Struct("<" + _FIXED[form])
        return layout.unpack_from(data, position)[0], position + layout.size
    if form in _LEB:
        return _uleb(data, position)
    if form == _SDATA:
        return _sleb(data, position)
    if form == _STRING:
        end = data.index(b"\0", position)
        return data[position:end].decode(), end + 1
    if form == 0x18:
        length, position = _uleb(data, position)
        return data[position : position + length], position + length
    if form == 0x09:
        length, position = _uleb(data, position)
        return data[position : position + length], position + length
    if form == 0x1E:
        return data[position : position + 16], position + 16
    width = _BLOCKS[form]
    length = int.from_bytes(data[position : position + width], "little")
    return data[position + width : position + width + length], position + width + length


def _relocated(sections: dict[str, bytes], name: str) -> bytes:
    """Return a section with its relocations applied, as a linker would."""
    data = bytearray(sections.get(name, b""))
    symbols = [entry[4] for entry in struct.iter_unpack("<IBBHQQ", sections.get(".symtab", b""))]
    for offset, info, addend in struct.iter_unpack("<QQq", sections.get(f".rela{name}", b"")):
        value = symbols[info >> 32] + addend
        # Addresses of code take eight bytes, and nothing here asks for one.
        struct.pack_into("<I", data, offset, value & 0xFFFFFFFF)
    return bytes(data)


def _uleb(data: bytes, position: int) -> tuple[int, int]:
    byte = data[position]
    position += 1
    if byte < 0x80:
        return byte, position
    value, shift = byte & 0x7F, 7
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def _sleb(data: bytes, position: int) -> tuple[int, int]:
    start = position
    value, position = _uleb(data, position)
    bits = 7 * (position - start)
    return (value - (1 << bits) if value >> (bits - 1) & 1 else value), position
