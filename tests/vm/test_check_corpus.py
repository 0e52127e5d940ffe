"""Broken modules: what `check` says of them is what a booted kernel answers to finit_module."""

from collections import Counter

import pytest

from rkmbuild.kernel.tree import KernelTree, Origin
from rkmbuild.verdict import target
from tests import kernel_table
from tests.corpus.cases import Case, offered

FLIPS = 600


@pytest.fixture(scope="module")
def cases(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Every broken module that we are certain about, offered to the kernel in one guest."""
    if kernel.origin in (Origin.PATH, Origin.BUILT):
        pytest.skip("what is broken there uses more than a small kernel has")
    files, found = offered(kernel, tmp_path_factory.mktemp("corpus"), FLIPS)
    assert files >= 500
    return found


def test_the_kernel_gives_the_answer_that_was_foretold(
    cases: list[Case], kernel: KernelTree, request: pytest.FixtureRequest
) -> None:
    differ = [case.disagreement() for case in cases if case.disagreement()]
    facts = kernel_table.record(request.node, kernel)
    facts["`check`"] = f"{len(cases) - len(differ)}/{len(cases)}"
    counts = Counter("loaded" if case.answer.errno == 0 else "refused" for case in cases)
    print(f"{len(cases)} files offered to {cases[0].verdict.kernel}: {dict(counts)}")
    assert differ == []


def test_the_kernel_survives_what_was_called_certain(cases: list[Case]) -> None:
    assert [case.name for case in cases if case.answer.crashed] == []


def test_the_corpus_has_enough_of_both_kinds(cases: list[Case]) -> None:
    refused = {case.verdict.refusal.rule.id for case in cases if case.verdict.refusal}
    loaded = [case for case in cases if not case.verdict.refusal]
    assert len(cases) >= 500
    assert len(loaded) >= 100
    # What no file can break by itself: it depends on the kernel's settings or on other modules.
    assert len(refused) >= 20, sorted(refused)


def test_a_kernel_that_unpacks_modules_itself_is_foretold_too(
    cases: list[Case], kernel: KernelTree
) -> None:
    packed = [case for case in cases if case.name.startswith(("xz", "gzip", "zstd"))]
    if not target.unpacks(kernel.config):
        assert packed == []
        return
    counts = Counter(case.verdict.refusal is None for case in packed)
    assert counts[True] >= 6, packed
    assert counts[False] >= 6, packed


def test_a_module_as_kbuild_made_it_is_loaded_and_unloaded(cases: list[Case]) -> None:
    (whole,) = (case for case in cases if case.name == "as-built")
    assert (whole.answer.errno, whole.answer.stuck) == (0, 0)
    assert whole.verdict.exit_code == 0
