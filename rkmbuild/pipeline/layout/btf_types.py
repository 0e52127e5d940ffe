"""The types in a kernel's BTF, put as those of debug information are: what the kernel was built of.

They are a witness that knows neither bindgen nor the headers of this machine. What has a sign in C
has none here: that is no matter of layout.
"""

from collections.abc import Iterator

from rkmbuild.kernel.btf.blob import Blob, Kind, Type
from rkmbuild.pipeline.layout.dwarf import Die, Types

_VOID = 0
# DWARF 5, table 7.11.
_FLOAT, _UNSIGNED = 0x04, 0x07
# Documentation/bpf/btf.rst: what is in front of another type, and does not change its layout.
_IN_FRONT = {
    Kind.TYPEDEF: "typedef", Kind.CONST: "const", Kind.VOLATILE: "volatile",
    Kind.RESTRICT: "restrict", Kind.TYPE_TAG: "const",
}  # fmt: skip
_SIZED = {
    Kind.STRUCT: "struct", Kind.UNION: "union", Kind.ENUM: "enum", Kind.ENUM64: "enum",
    Kind.INT: "base", Kind.FLOAT: "base",
}  # fmt: skip


def types(data: bytes) -> Types:
    """Return what is in a section `.BTF`.

    Raises:
        ValueError: it is damaged.
    """
    blob = Blob(data)
    at = {_VOID: Die("", {})}
    for number, found in enumerate(blob.types(), 1):
        at[number] = _entry(blob, found)
    return Types(list(at.values()), at)


def _entry(blob: Blob, found: Type) -> Die:
    kind = Kind(found.kind)
    has: dict[str, str | int | bool] = {}
    if found.name:
        has["name"] = blob.string(found.name)
    if kind in _IN_FRONT:
        return Die(_IN_FRONT[kind], {**has, "type": found.value})
    if kind in _SIZED:
        has["size"] = found.value
        if kind in (Kind.INT, Kind.FLOAT):
            has["encoding"] = _FLOAT if kind == Kind.FLOAT else _UNSIGNED
        members = _members(blob, found) if kind in (Kind.STRUCT, Kind.UNION) else ()
        return Die(_SIZED[kind], has, list(members))
    if kind == Kind.PTR:
        return Die("pointer", {"type": found.value})
    if kind == Kind.ARRAY:
        element, count = blob.array(found)
        return Die("array", {"type": element}, [Die("subrange", {"count": count})])
    return Die("", has)


def _members(blob: Blob, found: Type) -> Iterator[Die]:
    for name, kind, bit, bits in blob.members(found):
        has: dict[str, str | int] = {"type": kind, "bit_offset": bit}
        if name:
            has["name"] = blob.string(name)
        if bits:
            has["bit_size"] = bits
        yield Die("member", has)
