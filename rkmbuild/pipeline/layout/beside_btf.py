"""Bindings that somebody else made, beside the BTF of the kernel that they are to fit."""

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
_ITS_OWN = re.compile(r"\b(?:struct|union|impl|for)\s+$")


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


def unmentioned(bindings: Text, names: Collection[str]) -> set[str]:
    """Return those of some structures that nothing else in the bindings leads to.

    Code that does not write the name of such a one cannot come to it, through no field, no
    function and no other name.
    """
    spans = {name: bindings.records[name].span for name in names}
    mentions: dict[str, set[str]] = {name: set() for name in names}
    any_of = "|".join(map(re.escape, sorted(names)))
    for found in re.finditer(rf"(?<![\w#])(?:{any_of})\b", bindings.text) if names else ():
        start = found.start()
        if not _ITS_OWN.search(bindings.text, max(0, start - 20), start):
            by = (name for name, (first, end) in spans.items() if first <= start < end)
            mentions[found[0]].add(next(by, ""))
    left = set(names)
    while led_to := {name for name in left if mentions[name] - left}:
        left -= led_to
    return left
