"""A kernel that was built here: what is in it, what it is called, and when it is meant."""

from pathlib import Path

import pytest

from rkmbuild.base.errors import KernelError, UsageError
from rkmbuild.commands import kernel_tables
from rkmbuild.kernel import debug_kernel, facts, fetch, fetched_kernel, find, from_source
from rkmbuild.kernel.tree import Origin
from tests import kernel_trees
from tests.kernel_trees import RELEASES

NAME, RELEASE = "6.12-debug", "6.12.117-debug"


@pytest.fixture
def root(tmp_path: Path, empty_cache: Path) -> Path:
    """A machine's root with no kernel in it, and an empty cache."""
    assert not empty_cache.exists()
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


def test_without_a_word_it_has_all_that_goes_together() -> None:
    assert debug_kernel.features(None) == debug_kernel.USUAL
    assert debug_kernel.suffix(debug_kernel.USUAL) == "-debug"


def test_features_are_named_in_any_order() -> None:
    assert debug_kernel.features("lockdep, kcsan") == ("lockdep", "kcsan")
    assert debug_kernel.features("kcsan,lockdep") == ("lockdep", "kcsan")
    assert debug_kernel.suffix(("lockdep", "kcsan")) == "-debug-lockdep-kcsan"


@pytest.mark.parametrize(
    ("text", "told"),
    [("kasna", "no such feature"), ("", "needs a feature"), ("kcsan,kasan", "exclude each other")],
)
def test_what_is_no_choice_is_refused(text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        debug_kernel.features(text)


@pytest.mark.parametrize("feature", debug_kernel.FEATURES)
def test_each_feature_turns_something_on_that_the_kernel_is_told(feature: str) -> None:
    own = set(from_source.names(debug_kernel.fragment([feature])))
    least = set(from_source.names(debug_kernel.fragment([])))
    assert own > least
    # Nothing stands in two files: which one has it would be a riddle.
    others = [set(from_source.names(debug_kernel.fragment([other]))) - least
              for other in debug_kernel.FEATURES if other != feature]  # fmt: skip
    assert not any((own - least) & other for other in others)


def test_the_release_says_what_is_in_it() -> None:
    text = debug_kernel.fragment(("kcsan",))
    assert text.endswith('CONFIG_LOCALVERSION="-debug-kcsan"\n')


def test_it_is_listed_and_shown_as_built(root: Path, empty_cache: Path) -> None:
    kernel = kernel_trees.built(empty_cache, RELEASE, NAME)
    (tree,) = find.find_kernels(root)
    assert (tree.origin, tree.name, tree.build) == (Origin.BUILT, NAME, kernel.build)
    assert facts.summary(tree)["origin"] == "built"
    known = facts.description(tree)
    assert known["fetched"] is None
    assert known["built"]["features"] == ["kasan"]
    shown = dict(kernel_tables.labelled(tree, known))
    assert shown["from"] == f"built ({NAME}): apt, 2026-11-28"
    assert shown["its checks"] == "kasan"


@pytest.mark.parametrize("spec", [NAME, RELEASE, "debug"])
def test_its_name_means_it(root: Path, empty_cache: Path, spec: str) -> None:
    kernel = kernel_trees.built(empty_cache, RELEASE, NAME)
    kernel_trees.fetched(empty_cache, "6.12")
    assert find.select(spec, root).build == kernel.build


def test_a_series_goes_on_to_mean_what_it_meant(root: Path, empty_cache: Path) -> None:
    kernel_trees.built(empty_cache, RELEASE, NAME)
    assert find.select("6.12", root).release == RELEASE
    fetched = kernel_trees.fetched(empty_cache, "6.12")
    assert find.select("6.12", root).build == fetched.build
    # Unasked, the fetched one stands in for a running kernel without headers.
    assert find.select(None, root).release == RELEASES["6.12"]


def test_of_two_under_one_name_the_newer_one_is_meant(root: Path, empty_cache: Path) -> None:
    kernel_trees.built(empty_cache, RELEASE, NAME, "2026-11-27")
    newer = kernel_trees.built(empty_cache, "6.12.120-debug", NAME, "2026-11-29")
    assert find.select(NAME, root).build == newer.build


def test_it_is_no_fetched_one(root: Path, empty_cache: Path) -> None:
    kernel_trees.built(empty_cache, RELEASE, NAME)
    assert find.fetched() == []
    assert [each.release for each in find.built()] == [RELEASE]
    assert find.find_kernels(root)


def test_it_can_be_removed(root: Path, empty_cache: Path) -> None:
    kernel = kernel_trees.built(empty_cache, RELEASE, NAME)
    fetch.remove(NAME)
    assert not kernel.entry.exists()
    assert find.find_kernels(root) == []


def test_a_damaged_one_says_how_it_comes_back(root: Path, empty_cache: Path) -> None:
    kernel = kernel_trees.built(empty_cache, RELEASE, NAME)
    (kernel.entry / fetched_kernel.MANIFEST).write_text("{")
    with pytest.raises(KernelError) as caught:
        fetched_kernel.read(kernel.entry)
    assert "build-debug" in (caught.value.hint or "")
    assert find.find_kernels(root) == []


def test_what_the_build_alone_reads_is_gone_and_all_that_modules_need_stays(
    tmp_path: Path,
) -> None:
    tree = kernel_trees.single(tmp_path / "linux")
    gone = ["init/main.c", "init/main.o", "vmlinux.o", "init/.main.o.cmd", ".tmp_vmlinux1"]
    stays = ["scripts/mod/modpost.c", "scripts/mod/.modpost.cmd", "tools/objtool/check.c",
             "vmlinux", "include/linux/module.h", "arch/x86/Makefile"]  # fmt: skip
    for name in (*gone, *stays):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    from_source.slim(tree)
    assert [name for name in gone if (tree / name).exists()] == []
    assert [name for name in stays if not (tree / name).exists()] == []
