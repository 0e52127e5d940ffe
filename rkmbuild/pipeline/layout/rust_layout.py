"""How rustc lays the structures of bindings out: `repr(C)` and its kin, by the Reference.

https://doc.rust-lang.org/reference/type-layout.html. What comes of it is asserted in the bindings
themselves, so that rustc has the last word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rkmbuild.pipeline.layout.rust_text import Record, Text

_WIDTHS = {
    "u8": 1, "i8": 1, "bool": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "f32": 4, "char": 4,
    "u64": 8, "i64": 8, "f64": 8, "usize": 8, "isize": 8, "u128": 16, "i128": 16,
    "c_char": 1, "c_schar": 1, "c_uchar": 1, "c_short": 2, "c_ushort": 2, "c_int": 4, "c_uint": 4,
    "c_float": 4, "c_long": 8, "c_ulong": 8, "c_longlong": 8, "c_ulonglong": 8, "c_double": 8,
    "__kernel_size_t": 8, "__kernel_ssize_t": 8, "__kernel_ptrdiff_t": 8,
}  # fmt: skip
_POINTERS = ("*", "&", "fn", "Option<", "extern", "unsafe")
# bindgen's own, by the name before their parameter: what they hold is without size, or is its size.
_EMPTY = ("__IncompleteArrayField", "__BindgenUnionField", "PhantomData")
_TRANSPARENT = ("ManuallyDrop", "__BindgenBitfieldUnit", "UnsafeCell", "MaybeUninit")
_ARRAY = re.compile(r"\[(.*);\s*(\d+)(?:usize)?\s*\]$", re.DOTALL)
_GENERIC = re.compile(r"(\w+)<(.*)>$", re.DOTALL)
_OPAQUE_ARRAY = re.compile(r"__BindgenOpaqueArray(\d*)$")


class UnknownTypeError(Exception):
    """A type of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How something lies in memory, in bytes.

    Attributes:
        size: Its size.
        align: Its alignment.
        has_align: Whether an alignment is demanded in it: no packed structure can then hold it.
    """

    size: int
    align: int
    has_align: bool = False


class RustLayout:
    """The layouts of the structures of bindings; they may be exchanged on the way."""

    def __init__(self, text: Text) -> None:
        self.records = dict(text.records)
        self._aliases = text.aliases
        self._known: dict[str, Layout] = {}
        self._offsets: dict[str, dict[str, int]] = {}

    def replace(self, record: Record) -> None:
        """Put another structure in the place of one; forget what was worked out from it."""
        self.records[record.name] = record
        self._known.clear()
        self._offsets.clear()

    def of(self, text: str) -> Layout:
        """Return the layout of a type.

        Raises:
            UnknownTypeError: there is none of that name, or it holds itself.
        """
        known = self._known.get(text)
        if known is None:
            self._known[text] = Layout(0, 1)  # what holds itself ends here; rustc says so
            try:
                known = self._known[text] = self._work_out(text)
            except UnknownTypeError:
                del self._known[text]
                raise
        return known

    def offsets(self, name: str) -> dict[str, int]:
        """Return where each field of a structure is, in bytes."""
        self.of(name)
        return self._offsets[name]

    def stripped(self, text: str) -> str:
        """Return a type without aliases, and without the way to it."""
        text = _last(text)
        while text in self._aliases and text not in self.records:
            text = _last(self._aliases[text])
        return text

    def held(self, name: str) -> Iterator[str]:
        """Yield the structures that one holds, in arrays too, and not behind a pointer."""
        for _, kind in self.records[name].fields:
            text = kind
            while text.startswith("["):
                text = text[1:].rpartition(";")[0].strip()
            inner = self.stripped(text)
            if inner in self.records:
                yield inner

    def _work_out(self, text: str) -> Layout:  # noqa: PLR0911 - one for each kind
        if text in self.records:
            return self._record(self.records[text])
        bare = _last(text)
        if bare in _WIDTHS:
            return Layout(_WIDTHS[bare], _WIDTHS[bare])
        if text.startswith(_POINTERS) or bare.startswith("Option<"):
            return Layout(8, 8)
        array = _ARRAY.match(text)
        if array:
            inner = self.of(array[1].strip())
            return Layout(inner.size * int(array[2]), inner.align, inner.has_align)
        generic = _GENERIC.match(bare)
        if generic:
            return self._generic(generic[1], generic[2])
        if bare in self.records:
            return self.of(bare)
        if bare in self._aliases:
            return self.of(self._aliases[bare])
        if bare == "()":
            return Layout(0, 1)
        raise UnknownTypeError(text)

    def _generic(self, name: str, inner: str) -> Layout:
        if name in _TRANSPARENT:
            return self.of(inner.strip())
        if name in _EMPTY:
            align = self.of(inner.strip()).align if name == "__IncompleteArrayField" else 1
            return Layout(0, align)
        opaque = _OPAQUE_ARRAY.match(name)
        if opaque:
            # __BindgenOpaqueArray<[u8; N]>, aligned to the number in the name (bindgen 0.72).
            held = self.of(inner.strip())
            return Layout(held.size, int(opaque[1] or held.align), has_align=bool(opaque[1]))
        raise UnknownTypeError(name)

    def _record(self, record: Record) -> Layout:
        most = record.packed or 1 << 30
        end, align, has_align = 0, 1, bool(record.align)
        offsets: dict[str, int] = {}
        for name, kind in record.fields:
            layout = self.of(kind)
            its = min(layout.align, most)
            has_align = has_align or layout.has_align
            align = max(align, its)
            if record.kind == "union":
                offsets[name] = 0
                end = max(end, layout.size)
            else:
                offsets[name] = -(-end // its) * its
                end = offsets[name] + layout.size
        align = max(align, record.align)
        self._offsets[record.name] = offsets
        return Layout(-(-end // align) * align, align, has_align)


def _last(text: str) -> str:
    """Return a type's name without the modules before it."""
    text = text.strip()
    if text.startswith(("[", "*", "&", "(")):
        return text
    head, mark, rest = text.partition("<")
    return head.replace(" ", "").rpartition("::")[2] + mark + rest
