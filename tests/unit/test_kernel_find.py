"""Which kernels of a machine are found, and in which order."""

import os
from pathlib import Path

import pytest

from rkmbuild.kernel import fetched_kernel, find
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES


@pytest.fixture
def root(tmp_path: Path, empty_cache: Path) -> Path:
    """A machine's root with no kernel in it, and an empty cache."""
    assert not empty_cache.exists()
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_a_machine_without_kernels_has_none(root: Path) -> None:
    assert find.find_kernels(root) == []


def test_headers_in_usr_src_are_found_once(root: Path) -> None:
    build = kernel_trees.debian(root, "6.12")
    modules = root / "lib/modules" / RELEASES["6.12"]
    modules.mkdir(parents=True)
    (modules / "build").symlink_to(build)
    (tree,) = find.find_kernels(root)
    assert tree.build == build
    assert tree.origin is Origin.INSTALLED


@pytest.mark.parametrize(
    "place", ["usr/src/kernels/x", "usr/src/linux-6.12-obj/x86_64/default", "opt/linux"]
)
def test_headers_are_found_where_other_distributions_put_them(root: Path, place: str) -> None:
    build = kernel_trees.single(root / place)
    modules = root / "usr/lib/modules" / RELEASES["6.12"]
    modules.mkdir(parents=True)
    if place.startswith("opt"):
        (modules / "build").symlink_to(build)
    assert [tree.build for tree in find.find_kernels(root)] == [build]


def test_a_kernel_without_an_image_is_listed(root: Path) -> None:
    kernel_trees.debian(root, "6.12")
    (tree,) = find.find_kernels(root)
    assert tree.image is None


def test_modules_without_headers_are_no_kernel_to_build_for(root: Path) -> None:
    modules = root / "lib/modules" / RELEASES["6.12"]
    modules.mkdir(parents=True)
    (modules / "build").symlink_to("/usr/src/linux-headers-gone")
    assert find.survey(root) == find.Survey([], [])


def test_the_running_kernel_is_the_first_and_then_the_newest(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for series in ("6.12", "7.2", "6.1"):
        kernel_trees.debian(root, series)
    _run_under(monkeypatch, RELEASES["6.12"])
    found = [(tree.release, tree.origin) for tree in find.find_kernels(root)]
    assert found == [
        (RELEASES["6.12"], Origin.RUNNING),
        (RELEASES["7.2"], Origin.INSTALLED),
        (RELEASES["6.1"], Origin.INSTALLED),
    ]


def test_a_damaged_tree_is_passed_over_with_the_reason(root: Path) -> None:
    build = kernel_trees.debian(root, "6.12")
    kernel_trees.debian(root, "7.2")
    (build / "include/config/auto.conf").write_text("")
    found = find.survey(root)
    assert [tree.release for tree in found.kernels] == [RELEASES["7.2"]]
    (passed_over,) = found.passed_over
    assert passed_over.path == build
    assert "auto.conf is empty" in passed_over.why.message


def test_a_fetched_kernel_is_found_in_the_cache(root: Path, empty_cache: Path) -> None:
    kernel = kernel_trees.fetched(empty_cache, "6.1")
    (tree,) = find.find_kernels(root)
    assert (tree.build, tree.origin) == (kernel.build, Origin.FETCHED)
    assert tree.image == kernel.entry / "boot" / f"vmlinuz-{RELEASES['6.1']}"
    assert tree.modules == kernel.entry / "lib/modules" / RELEASES["6.1"]


def test_what_was_not_finished_in_the_cache_is_no_kernel(root: Path, empty_cache: Path) -> None:
    kernel_trees.debian(empty_cache / "kernel" / "x", "6.1")
    kernel_trees.debian(empty_cache / "tmp" / "123-456", "6.12")
    assert find.find_kernels(root) == []


def test_of_two_fetches_of_one_release_the_later_one_counts(root: Path, empty_cache: Path) -> None:
    for number, name in enumerate(("b", "a")):
        date = fetched_kernel.utc(1_000_000 + number)
        kernel_trees.fetched(empty_cache, "6.1", name, date=date)
    assert find.select("6.1", root).build.is_relative_to(empty_cache / "kernel" / "a")


def _run_under(monkeypatch: pytest.MonkeyPatch, release: str) -> None:
    said = os.uname_result(("Linux", "host", release, "#1 SMP", "x86_64"))
    monkeypatch.setattr(os, "uname", lambda: said)
