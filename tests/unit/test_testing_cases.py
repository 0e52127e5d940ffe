"""Which tests a project has, and what a guest is told to do for them."""

from pathlib import Path

import pytest

from rkmbuild.errors import ProjectError, UsageError
from rkmbuild.module.modinfo import Modinfo
from rkmbuild.testing import cases
from rkmbuild.testing.cases import Case, Kind

_TESTED = Path(__file__).parents[1] / "modules" / "tested"


def _modinfo(*fields: tuple[str, str]) -> Modinfo:
    return Modinfo(
        path=Path("x.ko"), fields=fields, name="x", machine="x86_64", little_endian=True,
        vermagic="", license="GPL", version="", depends=(), parameters=(), build_id="",
        rkmbuild="0.1.0", signed=False,
    )  # fmt: skip


def test_functions_come_in_the_order_of_their_source_without_the_crates_name() -> None:
    module = _modinfo(
        ("license", "GPL"),
        ("kernel_test", "x::late 90 src/lib.rs"),
        ("kernel_test", "x::tests::early 7 src/lib.rs"),
        ("kernel_test", "x::other 3 src/a file.rs"),
    )
    found = cases.in_module(module)
    assert [case.name for case in found] == ["other", "tests::early", "late"]
    assert (found[0].file, found[0].line, found[0].id) == ("src/a file.rs", 3, "x::other")


def test_scripts_and_programs_come_by_name_with_their_parameters() -> None:
    found = {case.name: case for case in cases.in_folder(_TESTED)}
    assert list(found) == sorted(found)
    assert found["tests/passes.sh"].params == ("label=two words",)
    assert found["tests/passes.sh"].kind is Kind.SCRIPT
    assert found["tests/program.rs"].params == ("label=from_the_program",)
    assert found["tests/program.rs"].kind is Kind.PROGRAM
    assert found["tests/fails.sh"].params == ()


def test_a_project_without_the_folder_has_none(tmp_path: Path) -> None:
    assert cases.in_folder(tmp_path) == ()


@pytest.mark.parametrize(
    ("head", "told"),
    [("# rkmbuild: parms a=1", "unknown word `parms`"), ("# rkmbuild: params 'a", "quotation")],
)
def test_a_head_that_cannot_be_followed_is_named(tmp_path: Path, head: str, told: str) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.sh").write_text(f"#!/bin/sh\n{head}\ntrue\n")
    with pytest.raises(ProjectError, match=told) as error:
        cases.in_folder(tmp_path)
    assert "a.sh:2" in error.value.message


def test_what_comes_after_the_head_is_the_scripts_own(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "a.sh").write_text("\n# a remark\n\ntrue\n# rkmbuild: nonsense\n")
    assert cases.in_folder(tmp_path)[0].params == ()


def test_filters_choose_by_a_part_of_the_name() -> None:
    known = [Case(kind=Kind.SCRIPT, name=name) for name in ("tests/a.sh", "tests/b.sh", "cycles")]
    assert [c.name for c in cases.chosen(known, ["a.sh", "cyc"])] == ["tests/a.sh", "cycles"]
    assert cases.chosen(known, []) == tuple(known)
    assert cases.chosen([], ["x"]) == ()
    with pytest.raises(UsageError, match="`nothing`") as error:
        cases.chosen(known, ["nothing"])
    assert "tests/a.sh, tests/b.sh, cycles" in str(error.value.hint)
