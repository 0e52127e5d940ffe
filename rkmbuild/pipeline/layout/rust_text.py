"""The text of bindings, as far as layouts are concerned: structures, their fields, aliases.

bindgen writes it, through rustfmt where there is one, else with all of it in few lines. Nothing
in the body of a structure has braces, in either form.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_RECORD = re.compile(
    r"(?P<attributes>(?:#\s*\[[^\]]*\]\s*)*)pub\s+(?P<kind>struct|union)\s+(?P<name>(?:r#)?\w+)\s*"
    r"(?P<parameters><[^>{]*>)?\s*\{(?P<body>[^{}]*)\}"
)
# A semicolon inside of brackets is an array's.
_INNER = r"(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*"
_ALIAS = re.compile(
    rf"\bpub\s+type\s+(?P<name>(?:r#)?\w+)\s*=\s*(?P<type>(?:[^;\[]|\[{_INNER}\])*);"
)
_USE = re.compile(r"\bpub\s+use\s+self\s*::\s*(\w+)\s+as\s+(\w+)\s*;")
_REPR = re.compile(r"#\s*\[\s*repr\s*\(([^\]]*)\)\s*\]")
_PACKED = re.compile(r"\bpacked\b(?:\s*\(\s*(\d+)\s*\))?")
_ALIGN = re.compile(r"\balign\s*\(\s*(\d+)\s*\)")
_DERIVED = re.compile(r"#\s*\[\s*derive\s*\(([^)]*)\)\s*\]")
_FIELD = re.compile(r"^(?:#\s*\[[^\]]*\]\s*)*(?:pub\s+)?((?:r#)?\w+)\s*:\s*(.+)$", re.DOTALL)
# A getter's name, and after it the unit it reads, and from where to where in it.
_GETTER = re.compile(
    r"\bimpl\s+(?P<owner>\w+)\s*\{"
    r"|\bpub\s+fn\s+(?P<getter>(?:r#)?\w+)\s*\(\s*&\s*self\s*\)\s*->\s*(?P<type>[^{;]+?)\s*\{"
    r"|\bself\s*\.\s*(?P<unit>_bitfield_\d+)\s*\.\s*"
    r"get(?:_const\s*::\s*<|\s*\()\s*(?P<bit>\d+)usize\s*,\s*(?P<bits>\d+)u8"
)


@dataclass(frozen=True, slots=True)
class Bits:
    """What a getter of a bit-field reads.

    Attributes:
        name: The getter.
        unit: The field that it reads of.
        bit: The first bit in that.
        bits: How many.
        kind: The type that it returns.
        signed: Whether C's type has a sign, which a getter of bindgen's leaves out.
    """

    name: str
    unit: str
    bit: int
    bits: int
    kind: str = ""
    signed: bool = False


@dataclass(slots=True)
class Record:
    """A structure or union.

    Attributes:
        name: Its name.
        kind: `struct` or `union`.
        packed: The most alignment that its fields have, or 0 where nothing is said.
        align: What alignment it has at least, or 0.
        derived: The traits that are derived for it.
        fields: Its fields, and their types as text.
        span: Where it stands in the text.
        bits: What its getters of bit-fields read.
        bits_are_bindgens: Whether those are bindgen's, or are to be written.
    """

    name: str
    kind: str
    packed: int
    align: int
    derived: tuple[str, ...]
    fields: list[tuple[str, str]]
    span: tuple[int, int]
    bits: list[Bits] = field(default_factory=list)
    bits_are_bindgens: bool = True


@dataclass(frozen=True)
class Text:
    """Bindings.

    Attributes:
        text: All of it.
        records: Structures and unions, by name.
        aliases: What other names stand for.
    """

    text: str
    records: dict[str, Record]
    aliases: dict[str, str]


def parse(text: str) -> Text:
    """Read bindings."""
    records: dict[str, Record] = {}
    for found in _RECORD.finditer(text):
        if found["parameters"]:
            continue  # bindgen's own; C has no parameters of types
        record = _record(found)
        records.setdefault(record.name, record)
    aliases = {found["name"]: found["type"].strip() for found in _ALIAS.finditer(text)}
    aliases |= {name: of for of, name in _USE.findall(text)}
    for owner, bits in _getters(text):
        if owner in records:
            records[owner].bits.append(bits)
    return Text(text, records, aliases)


def _record(found: re.Match[str]) -> Record:
    said = " ".join(_REPR.findall(found["attributes"]))
    packed, align = _PACKED.search(said), _ALIGN.search(said)
    derived = " ".join(_DERIVED.findall(found["attributes"]))
    return Record(
        name=found["name"],
        kind=found["kind"],
        packed=int(packed[1] or 1) if packed else 0,
        align=int(align[1]) if align else 0,
        derived=tuple(re.findall(r"\w+", derived)),
        fields=list(_fields(found["body"])),
        span=found.span(),
    )


def _fields(body: str) -> Iterator[tuple[str, str]]:
    depth, start = 0, 0
    for index, mark in enumerate(body):
        if mark in "([<":
            depth += 1
        elif mark in ")]" or (mark == ">" and body[index - 1] != "-"):
            depth -= 1
        elif mark == "," and not depth:
            yield from _field(body[start:index])
            start = index + 1
    yield from _field(body[start:])


def _field(text: str) -> Iterator[tuple[str, str]]:
    found = _FIELD.match(text.strip())
    if found:
        yield found[1], " ".join(found[2].split())


def _getters(text: str) -> Iterator[tuple[str, Bits]]:
    owner = getter = kind = ""
    for found in _GETTER.finditer(text):
        if found["owner"]:
            owner, getter = found["owner"], ""
        elif found["getter"]:
            getter, kind = found["getter"], " ".join(found["type"].split())
        elif getter:
            yield owner, Bits(getter, found["unit"], int(found["bit"]), int(found["bits"]), kind)
            getter = ""
