"""Bindings in fewer words: every item and every trait of bindgen's own text is still there."""

import re
from pathlib import Path

import pytest

from rkmbuild.pipeline.layout import lighter, rust_text

_RECORDED = Path(__file__).parents[1] / "data" / "layout"
_MORE = """\
extern "C" {
    #[link_name = "\\u{1}rsp"]
    pub static mut current_stack_pointer: crate::ffi::c_ulong;
}
unsafe extern "C" {
    pub fn one(a: crate::ffi::c_int);
}
pub type call = ::core::option::Option<unsafe extern "C" fn(a: u32) -> u32>;
unsafe extern "C" {
    pub static two: u32;
    pub fn three();
}
"""


@pytest.fixture(params=["0.60.1", "0.72.1"])
def text(request: pytest.FixtureRequest) -> str:
    return (_RECORDED / f"kinds-bindgen-{request.param}.rs").read_text() + _MORE


def _traits(text: str) -> set[tuple[str, str]]:
    derived = {
        (name, trait)
        for name, record in rust_text.parse(text).records.items()
        for trait in record.derived
    }
    written = re.findall(r"\bimpl\s+(?:::core::\w+::)?(\w+)\s+for\s+(\w+)\s*\{", text)
    return derived | {(name, trait) for trait, name in written}


def _declared(text: str) -> list[str]:
    return sorted(re.findall(r"\bpub (?:fn|static mut|static|type|const) (\w+)", text))


def test_each_type_has_the_traits_that_it_had(text: str) -> None:
    light = lighter.lightened(text)
    assert _traits(light) == _traits(text)
    assert {trait for _, trait in _traits(light)} == {"Debug", "Default", "Clone", "Copy"}
    assert not re.search(r"derive\([^)]*(?:Copy|Default)[^)]*\)\]\s*pub struct \w+ \{", light)


def test_what_nobody_names_shows_its_name_alone(text: str) -> None:
    light = lighter.lightened(text, {"plain"})
    assert _traits(light) == _traits(text)
    derived = [
        name for name, record in rust_text.parse(light).records.items() if "Debug" in record.derived
    ]
    assert derived == ["plain"]


def test_each_item_is_there_as_it_was(text: str) -> None:
    light = lighter.lightened(text)
    assert _declared(light) == _declared(text)
    before, after = rust_text.parse(text).records, rust_text.parse(light).records
    assert list(before) == list(after)
    for name, record in before.items():
        assert (after[name].fields, after[name].bits) == (record.fields, record.bits)
        assert (after[name].packed, after[name].align) == (record.packed, record.align)


def test_functions_of_c_stand_in_one_block_of_each_kind(text: str) -> None:
    light = lighter.lightened(text)
    assert len(re.findall(r"^unsafe extern \"C\" \{$", light, re.MULTILINE)) == 1
    assert len(re.findall(r"^extern \"C\" \{$", light, re.MULTILINE)) == 1
    assert '#[link_name = "\\u{1}rsp"]\n    pub static mut current_stack_pointer' in light


def test_what_no_rustfmt_has_laid_out_is_read_as_well(text: str) -> None:
    one = " ".join(re.sub(r"//.*|/\*.*\*/", "", text).split())
    assert _traits(lighter.lightened(one)) == _traits(text)
    # bindgen 0.60 puts a space around each mark, and rustfmt takes it out.
    spaced = re.sub(r"(->|::|[(){}<>.;:,#\[\]!&])", r" \1 ", one)
    assert "impl ::core::default::Default for nested " in lighter.lightened(spaced)


def test_bindings_without_any_of_it_stay_as_they_are() -> None:
    assert lighter.lightened("pub const A: u32 = 1;\n").strip() == "pub const A: u32 = 1;"
