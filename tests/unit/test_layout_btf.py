"""Bindings beside BTF: recorded bindings, and BTF that clang 19 wrote of the same structures.

kinds-clang-19.btf is the section .BTF of tests/data/layout/kinds.h with a variable of each type,
compiled with `-target bpf -g`.
"""

from pathlib import Path

import pytest

from rkmbuild.base.errors import ProjectError
from rkmbuild.kernel.btf.blob import Blob
from rkmbuild.pipeline.api.upstream import differences
from rkmbuild.pipeline.layout import assertions, beside_btf, btf_types, rust_text
from rkmbuild.pipeline.layout.c_types import CTypes
from rkmbuild.pipeline.layout.compare import Comparison
from rkmbuild.pipeline.layout.dwarf import Types
from rkmbuild.pipeline.layout.rust_layout import RustLayout
from tests.unit.test_layout import BINDGENS, RECORDED, bound, compared

# What bindgen has wrong of these.
WRONG = {"under_aligned", "packed_and_aligned", "behind_short", "behind_byte"}


def kernel() -> Types:
    return btf_types.types((RECORDED / "kinds-clang-19.btf").read_bytes())


@pytest.mark.parametrize("bindgen", BINDGENS)
def test_btf_tells_the_same_differences_as_debug_information(bindgen: str) -> None:
    found = beside_btf.compare(bound(bindgen), kernel())
    told = {each.name: each.why for each in compared("clang-19", bindgen).differences()}
    # Signs and structures that C only declares are no matter of layout.
    assert found.differing == {name: why for name, why in told.items() if name in WRONG}
    assert found.differing.keys() == WRONG
    assert {"nested__bindgen_ty_1__bindgen_ty_1", "either", "anonymous_t"} <= found.compared
    assert not {"never_described", "undescribed"} & found.compared


def test_members_in_btf_are_those_in_debug_information() -> None:
    there, here = compared("clang-19").types, CTypes(kernel())
    for name in ("plain", "packed_around", "behind_short", "nested", "flexible", "user"):
        members = [record.members for c in (there, here) if (record := c.record_named(name))]
        told, btf = ([(m.name, m.bit, m.bits) for m in each] for each in members)
        assert told == btf, name
        sizes = [
            c.size(m.die) for c, each in zip((there, here), members, strict=True) for m in each
        ]
        assert sizes[: len(told)] == sizes[len(told) :], name


def test_a_field_elsewhere_is_named_before_the_size() -> None:
    text = bound().text.replace("pub byte: crate::ffi::c_char", "pub byte: u64", 1)
    assert text != bound().text
    why = beside_btf.compare(rust_text.parse(text), kernel()).differing["plain"]
    assert why == "byte is at byte 8, and at byte 4 in C"


def test_of_several_structures_of_a_name_any_will_do() -> None:
    types = kernel()
    (plain,) = (each for each in types.top if each.has.get("name") == "plain")
    (user,) = (each for each in types.top if each.has.get("name") == "user")
    other = type(plain)("struct", {**user.has, "name": "plain"}, user.children)
    found = beside_btf.compare(bound(), Types([other, other, *types.top], types.at))
    assert found.differing.keys() == WRONG
    without = [other if each is plain else each for each in types.top]
    found = beside_btf.compare(bound(), Types(without, types.at))
    assert found.differing["plain"] == "C has no member small"


def test_what_nothing_leads_to_but_names_is_found() -> None:
    def names(text: str, *more: str) -> dict[str, str]:
        return beside_btf.by_name_alone(rust_text.parse(text), {*WRONG, *more})

    text, own = bound().text, {name: name for name in WRONG}
    assert names(text) == own
    assert beside_btf.by_name_alone(bound(), set()) == {}
    around = f"{text}\npub struct around {{ pub inside: under_aligned }}"
    assert "under_aligned" not in names(around)
    assert names(around, "around") == own | {"around": "around"}
    other = f"{text}\npub type again = *mut behind_byte;"
    assert names(other) == own | {"again": "behind_byte"}
    function = f"{other}\npub fn asks(which: *const [again; 4usize]) -> c_int;"
    assert names(function) == own | {"again": "behind_byte", "asks": "behind_byte"}
    pointed = f"{function}\npub struct points {{ pub at: again }}"
    assert not names(pointed).keys() & {"behind_byte", "again", "asks"}
    method = f"{text}\nimpl plain {{ pub fn more(&self) -> under_aligned {{ todo!() }} }}"
    assert "under_aligned" not in names(method)


def test_nothing_is_asserted_of_what_differs() -> None:
    comparison = Comparison(RustLayout(bound()), CTypes(kernel()), {})
    lines = "".join(assertions.of(comparison, WRONG))
    assert "offset_of!(plain, large) == 8" in lines
    assert not any(f"<{name}>" in lines for name in WRONG)


def test_a_module_is_kept_from_what_differs(tmp_path: Path) -> None:
    source = tmp_path / "own.rs"
    source.write_text("fn f(from: &bindings::under_aligned) -> u64 { from.second }\n")
    differences.refuse_use(tmp_path, [source])  # of a sidecar whose kernel has no BTF
    (tmp_path / "rust").mkdir()
    said = {"under_aligned": "second is at byte 8, and at byte 4 in C"}
    differences.write(tmp_path, said)
    with pytest.raises(ProjectError, match=r"own\.rs names under_aligned.*byte 8, and at byte 4"):
        differences.refuse_use(tmp_path, [source])
    source.write_text("fn f(from: &bindings::plain) -> i64 { from.large }\n")
    differences.refuse_use(tmp_path, [source])


def test_cut_off_btf_is_no_set_of_types() -> None:
    data = (RECORDED / "kinds-clang-19.btf").read_bytes()
    blob = Blob(data)
    last = [each for each in blob.types() if each.members][-1]
    with pytest.raises(ValueError, match="cut off"):
        list(blob.members(last._replace(members=1 << 15)))
    with pytest.raises(ValueError, match="cut off"):
        blob.array(last._replace(at=len(data)))
    with pytest.raises(ValueError, match="cut off"):
        btf_types.types(data[:-1])
