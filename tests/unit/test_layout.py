"""Bindings beside what C's compiler says: recorded bindings, and recorded debug information.

tests/data/layout/kinds.h has one structure of each kind; gcc 12 and clang 19 compiled it with
-fno-eliminate-unused-debug-types, and two releases of bindgen bound it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError
from rkmbuild.pipeline.layout import accessors, ask, dwarf, mend, rebuild, rust_text, traits
from rkmbuild.pipeline.layout.c_types import CTypes
from rkmbuild.pipeline.layout.compare import Comparison
from rkmbuild.pipeline.layout.mend import Mended
from rkmbuild.pipeline.layout.rust_layout import RustLayout

RECORDED = Path(__file__).parents[1] / "data" / "layout"
OBJECTS = ("gcc-12", "gcc-12-dwarf-4", "clang-19")
BINDGENS = ("0.60.1", "0.72.1")
# As _Alignof gives them.
ALIGNED = {
    "plain": 8, "under_aligned": 4, "aligned_inside": 16, "packed_and_aligned": 8,
    "packed_around": 1, "user": 8, "behind_short": 4, "behind_byte": 4, "with_sign": 4,
    "flexible": 1, "nested": 8, "either": 8, "anonymous_t": 4,
}  # fmt: skip


def types(name: str = "gcc-12") -> CTypes:
    return CTypes(dwarf.read(RECORDED / f"kinds-{name}.o"))


def bound(bindgen: str = "0.60.1") -> rust_text.Text:
    return rust_text.parse((RECORDED / f"kinds-bindgen-{bindgen}.rs").read_text())


def compared(name: str = "gcc-12", bindgen: str = "0.60.1") -> Comparison:
    return Comparison(RustLayout(bound(bindgen)), types(name), ALIGNED)


@pytest.fixture
def mended() -> tuple[Comparison, dict[str, Mended]]:
    comparison = compared()
    return comparison, {each.name: each for each in mend.mend(comparison)}


@pytest.mark.parametrize("name", OBJECTS)
def test_what_compilers_write_of_a_structure_is_read(name: str) -> None:
    record = types(name).record_named("plain")
    assert record is not None
    assert (record.kind, record.size) == ("struct", 16)
    assert [(member.name, member.offset) for member in record.members] == [
        ("small", 0), ("byte", 4), ("large", 8),
    ]  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_bit_fields_are_where_any_version_of_dwarf_has_them(name: str) -> None:
    record = types(name).record_named("behind_short")
    assert record is not None
    places = {member.name: (member.bit, member.bits) for member in record.members}
    assert places == {
        "before": (0, None), "filling": (16, 14), "over": (32, 3), "last": (35, 1),
    }  # fmt: skip


def test_a_structure_is_spelled_as_c_has_it() -> None:
    known = types()
    assert known.spelling("plain") == "struct plain"
    assert known.spelling("either") == "union either"
    assert known.spelling("anonymous_t") == "anonymous_t"
    assert known.spelling("undescribed") == ""


def test_a_file_without_debug_information_is_an_error(tmp_path: Path) -> None:
    empty = tmp_path / "empty.o"
    empty.write_bytes((RECORDED / "kinds-gcc-12.o").read_bytes().replace(b".debug_", b".dabug_"))
    with pytest.raises(BuildError, match="debug information"):
        dwarf.read(empty)


def test_what_no_rustfmt_has_laid_out_is_compared_down_to_its_last_member() -> None:
    text = rust_text.parse((RECORDED / "unformatted-bindgen-0.60.1.rs").read_text())
    known = CTypes(dwarf.read(RECORDED / "unformatted-gcc-12.o"))
    comparison = Comparison(RustLayout(text), known, {"outer": 2})
    inner = "outer" + "__bindgen_ty_1" * 3
    assert "outer" in comparison.pairs
    assert inner in comparison.pairs, "through both of bindgen's holders"
    assert comparison.differences() == []


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("bindgen", BINDGENS)
def test_every_kind_of_difference_is_found(name: str, bindgen: str) -> None:
    comparison = compared(name, bindgen)
    wrong = {each for each in comparison.rust.records if mend.fault(comparison, each)}
    assert wrong == {
        "under_aligned", "packed_and_aligned", "packed_around", "behind_short", "behind_byte",
        "with_sign", "never_described",
    }  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("bindgen", BINDGENS)
def test_nothing_differs_once_it_is_mended(name: str, bindgen: str) -> None:
    comparison = compared(name, bindgen)
    done = {each.name: each.opaque for each in mend.mend(comparison)}
    assert not [each for each in comparison.rust.records if mend.fault(comparison, each)]
    assert [each for each, opaque in done.items() if not opaque] == [
        "under_aligned", "behind_short", "behind_byte", "with_sign",
    ]  # fmt: skip


def test_structures_within_structures_are_compared_as_well() -> None:
    pairs = compared().pairs
    assert {
        "nested__bindgen_ty_1",
        "nested__bindgen_ty_1__bindgen_ty_1",
        "nested__bindgen_ty_2",
    } <= {*pairs}


def test_a_smaller_alignment_is_said_by_packing(
    mended: tuple[Comparison, dict[str, Mended]],
) -> None:
    record = mended[0].rust.records["under_aligned"]
    assert mend.declared(record).startswith("#[repr(C, packed(4))]\n")
    assert [name for name, _ in record.fields] == ["first", "second"]


def test_bit_fields_get_bytes_of_their_own(mended: tuple[Comparison, dict[str, Mended]]) -> None:
    record = mended[0].rust.records["behind_short"]
    assert [(bits.name, bits.unit, bits.bit) for bits in record.bits] == [
        ("filling", "_bitfield_1", 0), ("over", "_bitfield_1", 16), ("last", "_bitfield_1", 19),
    ]  # fmt: skip
    assert mended[0].rust.offsets("behind_short")["_bitfield_1"] == 2


def test_a_getter_of_a_number_with_a_sign_extends_it(
    mended: tuple[Comparison, dict[str, Mended]],
) -> None:
    text = rebuild.functions(mended[0].rust.records["with_sign"], {"negative": 4, "positive": 4})
    assert "get(0usize, 7u8) << 57) as i64) >> 57" in text
    assert "transmute((self._bitfield_1.get(7usize, 7u8)) as u32)" in text


def test_what_is_opaque_is_reached_by_functions_of_c(
    mended: tuple[Comparison, dict[str, Mended]],
) -> None:
    made = mended[1]["packed_around"].accessors
    assert [(each.field, each.c) for each in made] == [
        ("byte", "signed char"), ("inside", ""), ("after", "unsigned int"), ("flag", "int"),
    ]  # fmt: skip
    rust, c = accessors.in_rust(made), accessors.in_c(made, "WANTS_")
    assert "pub fn flag(&self) -> crate::ffi::c_int" in rust
    assert "pub unsafe fn inside(this: *mut Self) -> *mut aligned_inside" in rust
    assert "#ifdef WANTS_rust_helper_packed_around_set_flag\n" in c
    assert "{ this->flag = value; }" in c


def test_a_text_in_one_line_is_read_as_one_in_many() -> None:
    text = bound().text
    one = rust_text.parse(" ".join(text.split()))
    for name, record in bound().records.items():
        assert one.records[name].fields == record.fields
        assert one.records[name].bits == record.bits
        assert (one.records[name].packed, one.records[name].align) == (record.packed, record.align)


def test_what_is_mended_is_written_and_the_rest_is_left() -> None:
    before = bound()
    comparison = compared()
    mend.mend(comparison)
    after = rust_text.parse(mend.written(before.text, before.records, comparison.rust.records))
    assert list(after.records) == list(before.records)
    for name, record in comparison.rust.records.items():
        assert after.records[name].fields == record.fields
    assert not after.records["behind_short"].bits  # its functions are written beside the rest
    assert after.records["plain"].derived == before.records["plain"].derived


def test_a_name_that_is_there_twice_is_kept_once() -> None:
    text = 'pub const A: u32 = 1;\npub const S: &[u8; 3] = b"a;\\0";\npub const A: kind = 1;\n'
    once, dropped = mend.once(text)
    assert dropped == ["A"]
    assert once.count("pub const A") == 1
    others = (
        'extern "C" { pub fn f(); }\npub const f: u32 = 1;\npub struct s { }\npub type s = t;\n'
    )
    assert mend.once(others)[1] == ["f", "s"]
    assert "pub const S" in once


def test_a_packed_structure_derives_only_what_copies_its_fields() -> None:
    text = bound()
    rust = RustLayout(text)
    assert not list(traits.derivable(rust, text.text))
    rust.replace(replace(text.records["flexible"], derived=("Debug", "Default")))
    (found,) = traits.derivable(rust, text.text)
    assert (found.name, found.derived) == ("flexible", ("Default",))


def test_a_structure_derives_only_what_all_that_it_holds_has() -> None:
    text = rust_text.parse(
        "#[repr(C, packed)] pub struct inner { pub a: u8, }\n"
        "impl Default for inner { }\n"
        "#[derive(Debug, Default)] pub struct outer { pub b: [inner; 2usize], }\n"
        "#[derive(Debug)] pub struct outermost { pub c: outer, pub d: *mut inner, }\n"
    )
    found = {each.name: each.derived for each in traits.derivable(RustLayout(text), text.text)}
    assert found == {"outer": ("Default",), "outermost": ()}


def test_attributes_before_a_name_are_passed_over_at_once() -> None:
    packed = "__attribute__((packed, aligned(sizeof(long)))) "
    code = f"struct {packed}{packed}a {{ int b; }};\nunion u {{}};\nextern struct {packed}c *c;\n"
    # The more of them, and of brackets behind them, the longer it took: minutes.
    code += f"extern struct {packed * 30}* const d;\nint e = ((1));\n" * 300
    assert ask.tagged(code) == {"a": "struct", "u": "union"}


@pytest.mark.parametrize("bindgen", BINDGENS)
def test_no_argument_has_the_name_of_a_constant_or_a_variable(bindgen: str) -> None:
    text = (RECORDED / f"kinds-bindgen-{bindgen}.rs").read_text()
    assert mend.apart(text) == text
    more = 'pub const over: u32 = 1;\nextern "C" { pub static mut last: u32; }\n'
    made = mend.apart(text + more)
    words = " ".join(made.split())
    assert "over_ as u64" in words
    assert "last_ as u64" in words
    assert "filling as u64" in words
    # The getters and setters keep their names.
    assert "fn over" in words
    assert "fn last" in words
    assert made.endswith(more)


def test_a_constant_behind_the_constructor_keeps_its_name() -> None:
    constructor = (
        "pub fn new_bitfield_1({0}: crate::ffi::c_uint) -> u8 {{\n"
        "    let {0}: u32 = unsafe {{ ::core::mem::transmute({0}) }};\n    {0} as u8\n}}\n}}\n"
    )
    constant = "pub const over: u32 = 1;\n"
    made = mend.apart(constructor.format("over") + constant)
    assert made == constructor.format("over_") + constant
