"""Bindings made right: what lies otherwise than in C is written anew, or becomes opaque.

bindgen drops an alignment that a typedef makes smaller, and Rust has no structure that is packed
and aligned at once, nor one that is packed and holds an aligned one.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from rkmbuild.pipeline.layout import accessors, rebuild
from rkmbuild.pipeline.layout.accessors import Accessor
from rkmbuild.pipeline.layout.compare import Comparison
from rkmbuild.pipeline.layout.rust_layout import UnknownTypeError
from rkmbuild.pipeline.layout.rust_text import Record

OPAQUE = "_rkmbuild_opaque"
# An array of these has that alignment without a `repr(align)`, which no packed structure may hold.
_UNITS = {1: "u8", 2: "u16", 4: "u32", 8: "u64"}
# What bindgen gives a structure of which it saw no definition.
_UNDESCRIBED = "_unused"


@dataclass(frozen=True)
class Mended:
    """What became of a structure.

    Attributes:
        name: Its name.
        why: What was wrong with it.
        opaque: Whether its fields can be reached by functions alone.
        accessors: Those.
    """

    name: str
    why: str
    opaque: bool
    accessors: tuple[Accessor, ...] = ()


def mend(comparison: Comparison, those: Collection[str] | None = None) -> list[Mended]:
    """Put right what is not as in C; the comparison has the structures as they are then.

    What can be said in Rust with another `repr`, or with its fields put elsewhere, is; the rest
    becomes opaque. What is wrong even then is left for the comparison to tell.

    Args:
        comparison: The structures.
        those: The names of which to look at; all where None.
    """
    done: dict[str, Mended] = {}
    looked_at = comparison.rust.records if those is None else those
    while True:
        wrong = {
            name: why
            for name in looked_at
            if (why := fault(comparison, name)) and not (name in done and done[name].opaque)
        }
        if not wrong:
            return list(done.values())
        for name, why in wrong.items():
            if not wrong.keys().isdisjoint(comparison.rust.held(name)):
                continue  # what it holds may be the reason, and comes first
            opaque = name in done or not (
                _other_repr(comparison, name) or _rebuilt(comparison, name)
            )
            made: tuple[Accessor, ...] = ()
            if opaque:
                made = _make_opaque(comparison, name)
            done[name] = Mended(name, done[name].why if name in done else why, opaque, made)


def fault(comparison: Comparison, name: str) -> str:
    """Return what is wrong with a structure, or nothing."""
    record = comparison.rust.records[name]
    if record.packed and record.align:
        return "it is packed and aligned, and Rust has no structure that is both"
    if record.packed:
        for field, kind in record.fields:
            try:
                if comparison.rust.of(kind).has_align:
                    return (
                        f"it is packed and holds {field}, which is aligned: Rust has no such thing"
                    )
            except UnknownTypeError:
                break
    return comparison.difference(name)


def _other_repr(comparison: Comparison, name: str) -> bool:
    """Try what packing or alignment makes it right, with its fields as they are."""
    record, pair = comparison.rust.records[name], comparison.pairs.get(name)
    if pair is None or any(field == OPAQUE for field, _ in record.fields):
        return False
    align = comparison.aligned.get(name)
    for packed, more in ((0, 0), (align or 0, 0), (4, 0), (2, 0), (1, 0), (0, align or 0)):
        comparison.rust.replace(replace(record, packed=packed, align=more))
        if not fault(comparison, name):
            return True
    comparison.rust.replace(record)
    return False


def _rebuilt(comparison: Comparison, name: str) -> bool:
    """Try to put its fields where C has them."""
    record = comparison.rust.records[name]
    other = rebuild.rebuild(comparison, name)
    if other:
        comparison.rust.replace(other)
        if not fault(comparison, name):
            return True
    comparison.rust.replace(record)
    return False


def _make_opaque(comparison: Comparison, name: str) -> tuple[Accessor, ...]:
    record, pair = comparison.rust.records[name], comparison.pairs.get(name)
    if pair is None:
        unknown = [(_UNDESCRIBED, "[u8; 0usize]")]
        blank = replace(record, kind="struct", packed=0, align=0, fields=unknown, bits=[])
        comparison.rust.replace(blank)
        return ()
    align = comparison.aligned.get(name, 1)
    unit = align if align in _UNITS and pair.c.size % align == 0 else 1
    blob = f"[{_UNITS[unit]}; {pair.c.size // unit}usize]"
    made = accessors.of(record, pair, comparison.types)
    comparison.rust.replace(
        replace(
            record, kind="struct", packed=0, align=0 if unit == align else align,
            fields=[(OPAQUE, blob)], bits=[],
        )
    )  # fmt: skip
    return tuple(made)


def written(text: str, before: dict[str, Record], after: dict[str, Record]) -> str:
    """Return bindings with those structures written anew that are other than they were."""
    pieces, end = [], 0
    changed = [(old.span, after[name]) for name, old in before.items() if after[name] != old]
    for span, record in sorted(changed, key=lambda each: each[0]):
        pieces += [text[end : span[0]], declared(record)]
        end = span[1]
    pieces.append(text[end:])
    made = "".join(pieces)
    for _, record in changed:
        had = before[record.name].bits
        if had and not (record.bits and record.bits_are_bindgens):
            made = without_impl(made, record.name)
    return made


def declared(record: Record) -> str:
    """Return a structure as Rust declares it."""
    reprs = ["C"]
    if record.packed:
        reprs.append(f"packed({record.packed})")
    if record.align:
        reprs.append(f"align({record.align})")
    derived = list(record.derived)
    if record.packed and "Copy" not in derived:
        # A derived one would borrow the fields, which nothing aligned.
        derived = [trait for trait in derived if trait == "Default"]
    zeroed = ""
    if "Default" in derived and any(field == OPAQUE for field, _ in record.fields):
        derived.remove("Default")
        zeroed = (
            f"impl Default for {record.name} {{ fn default() -> Self {{ "
            "unsafe { ::core::mem::zeroed() } } }\n"
        )
    lines = [f"#[repr({', '.join(reprs)})]"]
    lines += [f"#[derive({', '.join(derived)})]"] if derived else []
    fields = "".join(f"    pub {field}: {kind},\n" for field, kind in record.fields)
    return "\n".join([*lines, f"pub {record.kind} {record.name} {{\n{fields}}}\n"]) + zeroed


def without_impl(text: str, name: str) -> str:
    """Return bindings without the functions of a structure, which are those of its bit-fields."""
    found = re.search(rf"\bimpl\s+{name}\s*\{{", text)
    if not found:
        return text
    depth, end = 1, found.end()
    for brace in re.compile(r"[{}]").finditer(text, end):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            end = brace.end()
            break
    return text[: found.start()] + text[end:]


def once(text: str) -> tuple[str, list[str]]:
    """Return bindings with each name there once, and the names that were there twice.

    Some constants are a macro and an enumerator at once; Rust has one item of a name (E0428).
    Functions and variables go before constants, and structures before other names of types.
    """
    bodies = _EXTERNAL.findall(text)
    seen = {("value", name) for body in bodies for name in _DECLARED.findall(body)}
    seen |= {("type", name) for name in _STRUCTURE.findall(text)}
    dropped: list[re.Match[str]] = []
    for item in _ITEM.finditer(text):
        key = ("value", item["constant"]) if item["constant"] else ("type", item["alias"])
        if key in seen:
            dropped.append(item)
        seen.add(key)
    pieces, end = [], 0
    for item in dropped:
        pieces.append(text[end : item.start()])
        end = item.end()
    return "".join([*pieces, text[end:]]), [d["constant"] or d["alias"] for d in dropped]


def apart(text: str) -> str:
    """Return bindings whose constructors of bit-fields have no argument of a constant's name.

    A name of a constant or a variable is that one where Rust binds names too (E0308, E0530):
    sound/hdspm.h has a bit-field and an enumerator `ss`, linux/kvm_host.h of 7.3 a variable.
    """
    taken = set(_VALUE.findall(text))

    def renamed(found: re.Match[str]) -> str:
        function = found[0]
        for name in set(_ARGUMENT.findall(found["arguments"])) & taken:
            function = re.sub(rf"\b{name}\b", f"{name}_", function)
        return function

    return _CONSTRUCTOR.sub(renamed, text)


_VALUE = re.compile(r"\bpub\s+(?:const|static(?:\s+mut)?)\s+(\w+)\s*:")
_ARGUMENT = re.compile(r"(\w+)\s*:(?!:)")
# As bindgen writes it, up to the next item: the constant itself may be that.
_CONSTRUCTOR = re.compile(
    r"\bfn\s+new_bitfield_\d+\s*\((?P<arguments>[^()]*)\)(?:(?!\b(?:fn|impl|pub|extern)\b|#).)*",
    re.DOTALL,
)
_EXTERNAL = re.compile(r"\bextern\s+\"C\"\s*\{([^{}]*)\}")
_DECLARED = re.compile(r"\bpub\s+(?:fn|static(?:\s+mut)?)\s+(\w+)")
_STRUCTURE = re.compile(r"\bpub\s+(?:struct|union)\s+(\w+)")
_ITEM = re.compile(
    r"\bpub\s+const\s+(?P<constant>\w+)\s*:[^=;]*(?:;[^=]*)?=\s*(?:b\"(?:[^\"\\]|\\.)*\"|[^;\"])*;"
    r"|\bpub\s+type\s+(?P<alias>\w+)\s*=\s*(?:[^;\[]|\[[^\]]*\])*;"
)
