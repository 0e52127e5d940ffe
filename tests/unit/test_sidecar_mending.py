"""Members that bindgen leaves out: recorded bindings, and the BTF that clang 19 wrote of the same.

tagged-bindgen-*.rs are what bindgen wrote of tests/data/layout/tagged.h, with -fms-extensions, and
tagged-clang-19.btf is the section .BTF of variables of its types, compiled with `-target bpf -g`.
"""

import pytest

from rkmbuild.pipeline.api.upstream import mending
from rkmbuild.pipeline.layout import beside_btf, btf_types, rust_text
from rkmbuild.pipeline.layout.dwarf import Types
from tests.unit.test_layout import RECORDED

TOO_SHORT = ["with_tagged__bindgen_ty_1", "with_tagged", "around_tagged"]


def bound(version: str) -> rust_text.Text:
    return rust_text.parse((RECORDED / f"tagged-bindgen-{version}.rs").read_text())


def kernel() -> Types:
    return btf_types.types((RECORDED / "tagged-clang-19.btf").read_bytes())


@pytest.mark.parametrize("version", ["0.71.1", "0.72.1"])
def test_what_was_left_out_is_put_back(version: str) -> None:
    text = bound(version)
    found = beside_btf.compare(text, kernel())
    assert found.differing.keys() == set(TOO_SHORT)
    made = mending.mended_text(text, found, TOO_SHORT)
    assert "pub _rkmbuild_opaque: [u64; 5usize]" in made
    assert made.count("_rkmbuild") == 1, "the rest comes right by itself"
    assert not beside_btf.compare(rust_text.parse(made), kernel()).differing


def test_what_differs_for_another_reason_is_left_alone() -> None:
    text = bound("0.71.1")
    other = rust_text.parse(text.text.replace("pub second: [", "pub second: u64, pub third_: ["))
    found = beside_btf.compare(other, kernel())
    assert "tagged" in found.differing
    assert not mending.mended_text(other, found, [*TOO_SHORT, "tagged"])


def test_a_place_that_differs_as_well_is_still_told() -> None:
    text = bound("0.71.1").text
    moved = rust_text.parse(text.replace("pub before: ::core::ffi::c_short", "pub before: u64"))
    made = mending.mended_text(moved, beside_btf.compare(moved, kernel()), TOO_SHORT)
    again = beside_btf.compare(rust_text.parse(made), kernel())
    assert again.differing.keys() == {"around_tagged"}
    assert again.differing["around_tagged"].startswith("before has 8 bytes, and 2 in C")


def test_where_nothing_differs_nothing_is_written() -> None:
    text = bound("0.71.1")
    assert not mending.mended_text(text, beside_btf.compare(text, kernel()), [])
