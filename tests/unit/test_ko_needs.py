"""In which order modules go in that need each other, and where they are found."""

from pathlib import Path

import pytest

from rkmbuild.ko import modinfo, needs
from tests.unit import elf_file


def _made(folder: Path, name: str, needed: str = "", *softdeps: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    fields = [("name", name), ("depends", needed), *(("softdep", dep) for dep in softdeps)]
    file = folder / f"{name.replace('_', '-')}.ko"
    file.write_bytes(elf_file.module(fields))
    return file


def _order(ko: Path, modules: Path | None = None, present: tuple[str, ...] = ()) -> list[str]:
    order = needs.order(modinfo.read(ko), modules, present=present)
    return [needed.file.name for needed in (*order.before, *order.after)]


def test_what_is_needed_comes_before_what_needs_it(tmp_path: Path) -> None:
    _made(tmp_path, "low_one")
    _made(tmp_path, "middle", "low-one")
    _made(tmp_path, "unused")
    top = _made(tmp_path, "top", "middle,low-one")
    assert _order(top) == ["low-one.ko", "middle.ko"]


def test_those_beside_it_come_before_the_kernels_and_updates_before_the_others(
    tmp_path: Path,
) -> None:
    modules = tmp_path / "lib"
    for folder in ("kernel/a", "updates", "extra"):
        for name in ("one", "two"):
            _made(modules / folder, name)
    _made(tmp_path / "here", "one")
    order = needs.order(modinfo.read(_made(tmp_path / "here", "top", "one,two")), modules)
    found = {needed.file: needed.own for needed in order.before}
    assert found == {tmp_path / "here/one.ko": True, modules / "updates/two.ko": False}


def test_what_is_there_already_is_left_out_with_what_only_it_needs(tmp_path: Path) -> None:
    _made(tmp_path, "low")
    _made(tmp_path, "middle", "low")
    top = _made(tmp_path, "top", "middle,built-in")
    (tmp_path / "modules.builtin").write_text("kernel/drivers/built-in.ko\n")
    assert _order(top, tmp_path, present=("middle",)) == []


def test_what_is_nowhere_is_named(tmp_path: Path) -> None:
    _made(tmp_path, "middle", "none-such")
    order = needs.order(modinfo.read(_made(tmp_path, "top", "middle,gone")), None)
    assert set(order.missing) == {"none_such", "gone"}


def test_softdeps_are_wanted_and_those_at_hand_are_taken(tmp_path: Path) -> None:
    for name in ("before", "after", "both"):
        _made(tmp_path, name)
    _made(tmp_path, "hard", "", "pre: before")
    top = _made(tmp_path, "top", "hard,both", "pre: both none post: after")
    order = needs.order(modinfo.read(top), None)
    wanted = {needed.file.stem: needed.wanted for needed in (*order.before, *order.after)}
    assert wanted == {"both": False, "before": True, "hard": False, "after": True}
    assert [needed.file.stem for needed in order.after] == ["after"]
    assert order.missing == ()


@pytest.mark.parametrize("softdep", [(), ("pre: top post: one",)])
def test_modules_that_need_each_other_end(tmp_path: Path, softdep: tuple[str, ...]) -> None:
    _made(tmp_path, "one", "two", *softdep)
    _made(tmp_path, "two", "one", *softdep)
    assert sorted(_order(_made(tmp_path, "top", "one"))) == ["one.ko", "two.ko"]
