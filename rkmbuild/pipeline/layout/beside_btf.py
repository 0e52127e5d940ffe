"""Bindings that somebody else made, beside the BTF of the kernel that they are to fit."""

import bisect
import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from rkmbuild.pipeline.layout.c_types import CTypes
from rkmbuild.pipeline.layout.compare import Comparison
from rkmbuild.pipeline.layout.dwarf import Die, Types
from rkmbuild.pipeline.layout.rust_layout import RustLayout
from rkmbuild.pipeline.layout.rust_text import Text

# What bindgen gives a structure that C only declares; a byte in some places (its issue 2691).
_DECLARED = (["_unused"], ["_address"])
_NAMED = ("struct", "union", "typedef")
# bindgen's names for what is described within another structure begin with that one's.
_WITHIN = "__bindgen_ty_"
_ITS_OWN = re.compile(r"\b(?:struct|union|impl|for|type|fn)\s+$")
# What nothing but its name leads to: functions of C, and other names of types. A semicolon inside
# of brackets is an array's; bindgen's own functions have a body.
_BY_NAME = re.compile(
    r"\bpub\s+(?:type|fn)\s+(?P<name>(?:r#)?\w+)"
    r"(?:[^;{}\[]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*;"
)


@dataclass(frozen=True)
class Found:
    """What came of it.

    Attributes:
        comparison: The structures of the bindings, each beside what it is in the kernel.
        compared: Those that both describe.
        differing: What differs, by the name of the structure.
    """

    comparison: Comparison
    compared: frozenset[str]
    differing: Mapping[str, str]


def compare(bindings: Text, kernel: Types) -> Found:
    """Compare all structures that both describe.

    A kernel can have several of one name, each known in another of its files: any will do.
    """
    several: dict[str, dict[str, list[Die]]] = defaultdict(lambda: defaultdict(list))
    for die in kernel.top:
        if die.tag in _NAMED and "name" in die.has and "declaration" not in die.has:
            several[die.has["name"]][die.tag].append(die)
    declared = {
        name for name, each in bindings.records.items() if [f for f, _ in each.fields] in _DECLARED
    }
    turn: dict[str, int] = {}
    while True:
        preferred = [
            dies[min(number, len(dies) - 1)]
            for name, number in turn.items()
            for dies in several[name].values()
        ]
        types = CTypes(Types([*preferred, *kernel.top], kernel.at))
        comparison = Comparison(RustLayout(bindings), types, {})
        compared = comparison.pairs.keys() - declared
        said = ((name, comparison.difference(name)) for name in comparison.pairs)
        differing = {name: why for name, why in said if why and name in compared}
        owners = {name.partition(_WITHIN)[0] for name in differing}
        again = {
            name
            for name in owners & several.keys()
            if turn.get(name, 0) + 1 < max(map(len, several[name].values()))
        }
        if not again:
            return Found(comparison, frozenset(compared), differing)
        turn.update({name: turn.get(name, 0) + 1 for name in again})


def by_name_alone(bindings: Text, names: Collection[str]) -> dict[str, str]:
    """Return by which names alone code comes to some structures, each with the structure.

    A structure is among them under its own name, where no other structure has it or points to it;
    with it are the functions that take or return it and the other names that it has, which lead to
    it only where code writes them.
    """
    records = sorted((*record.span, name) for name, record in bindings.records.items())
    named = sorted((*each.span(), each["name"]) for each in _BY_NAME.finditer(bindings.text))
    leads_to = dict.fromkeys(names, "")
    mentions: dict[str, set[str]] = {}
    new = set(names)
    while new:
        found = _mentions(bindings.text, new)
        new = set()
        for name, places in found.items():
            by = mentions.setdefault(name, set())
            for place in places:
                item = _around(named, place)
                by.add(item or _around(records, place))
                if item and item not in leads_to:
                    leads_to[item] = leads_to[name] or name
                    new.add(item)
    left = set(leads_to)
    while led_to := {name for name in left if mentions[name] - left}:
        left -= led_to
    return {name: to for name in left if (to := leads_to[name] or name) in left}


def _mentions(text: str, names: Collection[str]) -> dict[str, list[int]]:
    """Return where some names stand, but for where they are given or have something implemented."""
    places: dict[str, list[int]] = {name: [] for name in names}
    any_of = "|".join(map(re.escape, sorted(names)))
    for found in re.finditer(rf"(?<![\w#])(?:{any_of})\b", text):
        start = found.start()
        if not _ITS_OWN.search(text, max(0, start - 20), start):
            places[found[0]].append(start)
    return places


def _around(spans: list[tuple[int, int, str]], place: int) -> str:
    """Return the name of what a place is in, or nothing."""
    number = bisect.bisect(spans, (place + 1, 0, ""))
    _, end, name = spans[number - 1] if number else (0, 0, "")
    return name if place < end else ""
