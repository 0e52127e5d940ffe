"""Functions of C that read and write the members of structures whose layout Rust cannot express."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rkmbuild.pipeline.layout.c_types import CTypes, Member
from rkmbuild.pipeline.layout.compare import Pair, member_of
from rkmbuild.pipeline.layout.rust_text import Record
from rkmbuild.project.naming import RUST_KEYWORDS

_PREFIX = "rust_helper_"
_IN_C = {
    "bool": "_Bool", "u8": "unsigned char", "u16": "unsigned short", "u32": "unsigned int",
    "u64": "unsigned long long", "i8": "signed char", "i16": "short", "i32": "int",
    "i64": "long long", "u128": "unsigned __int128", "i128": "__int128",
}  # fmt: skip
# Fields that bindgen makes up.
_MADE_UP = re.compile(r"_*bindgen_|_bitfield_|_address$|_unused$")


@dataclass(frozen=True)
class Accessor:
    """One member, and how it is reached.

    Attributes:
        owner: The structure's name in the bindings.
        spelling: Its name in C.
        field: The method that reads it.
        member: The member.
        rust: Rust's type of its value, or of what its address points to.
        c: C's type of its value, or nothing where only its address is given: it is no number and
            no pointer.
    """

    owner: str
    spelling: str
    field: str
    member: str
    rust: str
    c: str

    @property
    def by_address(self) -> bool:
        """Whether only its address is given."""
        return not self.c

    def names(self) -> tuple[str, ...]:
        """The functions of C."""
        kinds = ("address",) if self.by_address else ("get", "set")
        return tuple(f"{_PREFIX}{self.owner}_{kind}_{self.field}" for kind in kinds)


def of(record: Record, pair: Pair, types: CTypes) -> Iterator[Accessor]:
    """Return what reaches the members of a structure that has a name in C."""
    if not pair.spelling:
        return
    known = dict(record.fields)
    names = {f.removeprefix("r#").removesuffix("_"): f for f in known if not _MADE_UP.match(f)}
    kinds = {bits.name: bits.kind for bits in record.bits}
    names |= {bits.name.removesuffix("_"): bits.name for bits in record.bits}
    for member in _flat(pair.c.members, types):
        plain = f"{member.name}_" if member.name in RUST_KEYWORDS else member.name
        field = names.get(member.name.removesuffix("_"), plain)
        value = types.rust(member.die)
        c = _IN_C.get(value, "void *") if value else ""
        same = member_of(pair.c, field)
        text = known.get(field, "") if same and same.bits is None else ""
        if value and (text or field in kinds):
            value = text or kinds[field]
        address = "" if value else text or "crate::ffi::c_void"
        yield Accessor(pair.rust.name, pair.spelling, field, member.name, value or address, c)


def _flat(members: Sequence[Member], types: CTypes) -> Iterator[Member]:
    """Yield the members with a name, those within members without one included, as C has them."""
    for member in members:
        inner = types.record(member.die)
        if member.name:
            yield member
        elif inner:
            yield from _flat(inner.members, types)


def in_rust(made: Sequence[Accessor]) -> str:
    """Return the methods of one structure."""
    if not made:
        return ""
    lines = [f"impl {made[0].owner} {{"]
    for each in made:
        lines += _by_address(each) if each.by_address else _by_value(each)
    return "\n".join([*lines, "}\n"])


def _by_value(each: Accessor) -> list[str]:
    get, put = each.names()
    owner, kind = each.owner, each.rust
    return [
        f"    /// Reads `{each.member}`, by C.",
        f"    pub fn {each.field}(&self) -> {kind} {{",
        f'        extern "C" {{ fn {get}(this: *const {owner}) -> {kind}; }}',
        f"        unsafe {{ {get}(self) }}",
        "    }",
        f"    /// Writes `{each.member}`, by C.",
        f"    pub fn set_{each.field.removeprefix('r#')}(&mut self, value: {kind}) {{",
        f'        extern "C" {{ fn {put}(this: *mut {owner}, value: {kind}); }}',
        f"        unsafe {{ {put}(self, value) }}",
        "    }",
    ]


def _by_address(each: Accessor) -> list[str]:
    (address,) = each.names()
    return [
        f"    /// Returns where `{each.member}` is, by C.",
        "    ///",
        "    /// # Safety",
        "    ///",
        "    /// `this` points to such a structure.",
        f"    pub unsafe fn {each.field}(this: *mut Self) -> *mut {each.rust} {{",
        f'        extern "C" {{ fn {address}(this: *mut {each.owner}) -> *mut {each.rust}; }}',
        f"        unsafe {{ {address}(this) }}",
        "    }",
    ]


def in_c(made: Sequence[Accessor], wanted: str) -> str:
    """Return the functions, each behind the macro that a module's build defines for it.

    Args:
        wanted: What such a macro's name begins with.
    """
    return "".join(f"#ifdef {wanted}{name}\n{text}#endif\n" for a in made for name, text in _c(a))


def _c(each: Accessor) -> Iterator[tuple[str, str]]:
    this = f"{each.spelling} *this"
    if each.by_address:
        (address,) = each.names()
        head = f"void *{address}({this})"
        yield address, f"{head};\n{head} {{ return (void *)&this->{each.member}; }}\n"
        return
    get, put = each.names()
    kind = each.c
    place = f"this->{each.member}"
    # A pointer may be one to another address space (__percpu of 7.x), which only a number leaves.
    through = "(void *)(unsigned long)" if kind == "void *" else ""
    back = f"(__typeof__({place}))(unsigned long)" if kind == "void *" else ""
    head = f"{kind} {get}(const {this})"
    yield get, f"{head};\n{head} {{ return {through}{place}; }}\n"
    head = f"void {put}({this}, {kind} value)"
    yield put, f"{head};\n{head} {{ {place} = {back}value; }}\n"
