"""Which kernel a word on the command line means, and which one is meant without any."""

import os
from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import find
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES

HOST = "6.18.44-host"


@pytest.fixture
def root(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The root of a machine whose running kernel has no headers, and an empty cache."""
    assert not empty_cache.exists()
    said = os.uname_result(("Linux", "host", HOST, "#1 SMP", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: said)
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def _failure(spec: str | None, root: Path) -> KernelError:
    with pytest.raises(KernelError) as failure:
        find.select(spec, root)
    assert failure.value.code == 4
    return failure.value


@pytest.mark.parametrize("spec", ["6.1.0-56-cloud-amd64", "6.1", "6.1.0", "6.1.0-56", "56", "1.0"])
def test_a_release_or_a_unique_part_of_one_selects_it(root: Path, spec: str) -> None:
    for series in RELEASES:
        kernel_trees.debian(root, series)
    assert find.select(spec, root).release == RELEASES["6.1"]


def test_a_number_means_itself_and_not_the_beginning_of_another(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    kernel_trees.debian(root, "6.1")
    assert find.select("6.1", root).release == RELEASES["6.1"]
    assert find.select("6.12", root).release == RELEASES["6.12"]
    assert "no kernel '6.1.0-5' was found" in _failure("6.1.0-5", root).message
    assert "no kernel '7' was found" in _failure("7", root).message
    assert find.select("deb12", root).release == RELEASES["6.12"]


def test_a_number_does_not_mean_a_longer_one_that_is_there_alone(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    assert "no kernel '6.1' was found" in _failure("6.1", root).message


def test_an_ambiguous_part_names_the_kernels_that_it_fits(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    kernel_trees.debian(root, "7.2")
    failure = _failure("cloud", root)
    assert failure.message.startswith("'cloud' fits 2 kernels: ")
    assert RELEASES["6.12"] in failure.message
    assert RELEASES["7.2"] in failure.message
    assert "say more of the release" in str(failure.hint)


def test_one_release_that_is_installed_and_fetched_is_not_ambiguous(
    root: Path, empty_cache: Path
) -> None:
    kernel_trees.debian(root, "6.12")
    kernel_trees.fetched(empty_cache, "6.12")
    assert find.select("6.12", root).origin is Origin.INSTALLED


def test_an_unknown_kernel_is_answered_with_those_that_are_there(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    failure = _failure("6.13", root)
    assert failure.message == "no kernel '6.13' was found"
    assert RELEASES["6.12"] in str(failure.hint)


def test_an_unknown_kernel_is_answered_with_what_was_passed_over(root: Path) -> None:
    build = kernel_trees.debian(root, "6.12")
    (build / "include/generated/utsrelease.h").write_text("")
    (build / "include/config/kernel.release").write_text("")
    assert f"{build} was skipped: " in str(_failure("6.12", root).hint)


def test_a_damaged_kernel_that_is_asked_for_is_a_failure(root: Path) -> None:
    build = kernel_trees.debian(root, "6.12")
    (build / "scripts").unlink()
    assert "is incomplete" in _failure("6.12", root).message


def test_an_empty_name_selects_nothing(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    assert "no kernel '' was found" in _failure("", root).message


@pytest.mark.parametrize("folder", ["plain", "with a space", "größe-ядро"])
def test_a_path_selects_the_tree_that_is_there(root: Path, tmp_path: Path, folder: str) -> None:
    build = kernel_trees.single(tmp_path / folder)
    tree = find.select(str(build), root)
    assert (tree.build, tree.origin) == (build, Origin.PATH)


def test_a_path_may_be_relative(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = kernel_trees.single(tmp_path / "linux")
    monkeypatch.chdir(tmp_path)
    assert find.select("./linux", root).build == build
    assert find.select("linux", root).build == build
    monkeypatch.chdir(build)
    assert find.select(".", root).build == build


def test_the_running_kernel_is_the_default(
    root: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel_trees.debian(root, "6.12")
    kernel_trees.debian(root, "7.2")
    kernel_trees.fetched(empty_cache, "6.1")
    said = os.uname_result(("Linux", "host", RELEASES["6.12"], "#1 SMP", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: said)
    tree = find.select(None, root)
    assert (tree.release, tree.origin) == (RELEASES["6.12"], Origin.RUNNING)


def test_the_only_fetched_kernel_stands_in_for_a_running_one_without_headers(
    root: Path, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel_trees.fetched(empty_cache, "6.12")
    assert find.select(None, root).release == RELEASES["6.12"]
    (note,) = capsys.readouterr().err.splitlines()
    assert f"the running kernel, {HOST}, has no headers" in note
    assert RELEASES["6.12"] in note


def test_of_two_fetched_kernels_none_is_taken_unasked(root: Path, empty_cache: Path) -> None:
    kernel_trees.fetched(empty_cache, "6.12")
    kernel_trees.fetched(empty_cache, "6.1")
    failure = _failure(None, root)
    assert failure.message == f"the running kernel, {HOST}, has no headers on this machine"
    assert RELEASES["6.1"] in str(failure.hint)
    assert RELEASES["6.12"] in str(failure.hint)


def test_without_any_kernel_the_failure_says_how_to_get_one(root: Path) -> None:
    failure = _failure(None, root)
    assert failure.message == f"the running kernel, {HOST}, has no headers on this machine"
    assert "--kernel PATH" in str(failure.hint)
