"""Which tests a project has, and what a guest is told to do for them."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rkmbuild.base.errors import ProjectError, UsageError
from rkmbuild.cli import app
from rkmbuild.guest.trial import Plan
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import Origin
from rkmbuild.ko.modinfo import Modinfo, Parameter
from rkmbuild.testing import cases, script
from rkmbuild.testing.cases import Case, CaseKind
from rkmbuild.testing.script import Group, Role
from tests import kernel_trees

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
    assert found["tests/passes.sh"].kind is CaseKind.SCRIPT
    assert found["tests/program.rs"].params == ("label=from_the_program",)
    assert found["tests/program.rs"].kind is CaseKind.PROGRAM
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
    known = [
        Case(kind=CaseKind.SCRIPT, name=name) for name in ("tests/a.sh", "tests/b.sh", "cycles")
    ]
    (found,) = cases.chosen([known], ["a.sh", "cyc"])
    assert [case.name for case in found] == ["tests/a.sh", "cycles"]
    assert cases.chosen([known], []) == (tuple(known),)
    assert cases.chosen([[]], ["x"]) == ((),)
    # Of several modules, one may have none of that name.
    assert cases.chosen([known[:1], known[1:]], ["a.sh"]) == ((known[0],), ())
    with pytest.raises(UsageError, match="`nothing`") as error:
        cases.chosen([known, known], ["nothing"])
    assert "tests/a.sh, tests/b.sh, cycles" in str(error.value.hint)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--cycles", "19"], "--cycles needs 20 or more"),
        (["--json", "--ktap"], "cannot be used together"),
    ],
)
def test_words_that_do_not_go_together_are_told_before_anything_is_built(
    words: list[str], told: str
) -> None:
    result = CliRunner().invoke(app, ["test", *words])
    assert isinstance(result.exception, UsageError)
    assert told in result.exception.message


def test_a_guest_is_told_the_parameters_and_what_the_test_is_about(tmp_path: Path) -> None:
    label = Parameter(name="label", kind="charp", description="")
    tree = read_tree(kernel_trees.single(tmp_path), Origin.PATH)
    found = {case.name: case for case in cases.in_folder(_TESTED)}
    function = Case(kind=CaseKind.KERNEL, name="tests::adds", id="x::tests::adds")
    group = Group(
        tree=tree,
        module="x",
        with_tests=tmp_path / "with-tests.ko",
        needed=Plan(
            module=replace(_modinfo(), parameters=(label,)), tree=tree, files={},
            script=("insmod /modules/y.ko", "insmod /x.ko", "cat /proc/modules", "rmmod x"),
            loading=1, counting=2, missing=(),
        ),
        cases=(),
        files={},
    )  # fmt: skip
    made = script.commands(group, [function, found["tests/passes.sh"]])
    assert [(command.role, bool(command.case)) for command in made] == [
        (Role.PREPARE, False),
        (Role.LOAD, False),
        (Role.TEST, True),
        (Role.UNLOAD, False),
        (Role.LOAD, True),
        (Role.TEST, True),
        (Role.UNLOAD, True),
    ]
    assert "/with-tests/x.ko" in made[1].text
    assert made[2].text == "echo x::tests::adds >/sys/module/x/parameters/rkmbuild_test"
    assert "'label=\"two words\"'" in made[4].text
    assert made[5].text == "export RKMBUILD_MODULE=x; cd /tests && exec sh ./passes.sh"
    bare = replace(group, needed=replace(group.needed, module=_modinfo()))
    with pytest.raises(UsageError, match="no parameter `label`"):
        script.commands(bare, [found["tests/passes.sh"]])
