"""Which traits the structures of bindings can derive: bindgen asks for some that rustc refuses.

A structure derives what all that it holds has (rustc's E0277), and a packed one only what copies
its fields or makes them (E0507): a borrow of them could be unaligned.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from rkmbuild.pipeline.layout.rust_layout import RustLayout
from rkmbuild.pipeline.layout.rust_text import Record

_WRITTEN = re.compile(r"\bimpl\s+(?:::\s*core\s*::\s*\w+\s*::\s*)?(\w+)\s+for\s+(\w+)\s*\{")


def derivable(rust: RustLayout, text: str) -> Iterator[Record]:
    """Yield those structures that derive what they cannot, without that.

    Args:
        rust: The structures.
        text: The bindings, for traits that are written out.
    """
    written = {(name, trait) for trait, name in _WRITTEN.findall(text)}
    derived = {name: set(_unpacked(record)) for name, record in rust.records.items()}
    held = {name: list(rust.held(name)) for name in rust.records}
    changed = True
    while changed:
        changed = False
        for name, its in derived.items():
            lacking = {
                trait
                for trait in its
                for inner in held[name]
                if trait not in derived[inner] and (inner, trait) not in written
            }
            if lacking:
                derived[name] = its - lacking - ({"Copy"} if "Clone" in lacking else set())
                changed = True
    for name, record in list(rust.records.items()):
        if derived[name] != set(record.derived):
            yield replace(record, derived=tuple(t for t in record.derived if t in derived[name]))


def _unpacked(record: Record) -> tuple[str, ...]:
    if record.packed and "Copy" not in record.derived:
        return tuple(trait for trait in record.derived if trait == "Default")
    return record.derived
