"""What the doctor says of the kernels that are here."""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.doctor import kernels
from rkmbuild.doctor.table import Check, State
from rkmbuild.kernel import companions, detect, fetched_kernel, find
from rkmbuild.kernel.fetched_kernel import FetchedKernel
from rkmbuild.kernel.images import Parts
from rkmbuild.kernel.tree import KernelTree, Origin
from tests import kernel_trees

MODPOST = Path("scripts/mod/modpost")


def tools_of(tree: KernelTree, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return what is said of a kernel whose tools are for a newer machine."""
    monkeypatch.setattr(companions, "unfit", lambda _build: {MODPOST: "GLIBC_2.38"})
    bootable = replace(tree, image=tree.build / "vmlinuz")
    monkeypatch.setattr(find, "survey", lambda: find.Survey([bootable], []))
    (found,) = (check for check in kernels.kernels()[1] if check.part == "kernel tools")
    return found


@pytest.mark.parametrize(
    ("suite", "words"), [(None, ""), ("trixie-backports", " --suite trixie-backports")]
)
def test_a_kernel_whose_tools_do_not_run_is_fetched_from_where_it_was(
    suite: str | None, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = detect.read_tree(kernel_trees.single(tmp_path / "k"), Origin.FETCHED)
    kernel = FetchedKernel(
        entry=tmp_path, source="apt", suite=suite, release=tree.release, date="2026-11-27",
        packages=(), build=tree.build, parts=Parts(None, None, None),
    )  # fmt: skip
    monkeypatch.setattr(fetched_kernel, "of_tree", lambda _build: kernel)
    found = tools_of(tree, monkeypatch)
    assert found.state is State.UNFIT
    assert found.remark == f"modpost of {tree.release} do not run here: they need GLIBC_2.38"
    assert found.command() == f"rkmbuild kernel fetch {tree.release}{words}"


def test_tools_that_a_fetched_loader_starts_are_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = detect.read_tree(kernel_trees.single(tmp_path / "k"), Origin.FETCHED)
    found = tools_of(replace(tree, companions=tmp_path), monkeypatch)
    assert (found.state, found.command()) == (State.OK, "")
    assert "by the loader fetched with them" in found.remark
