"""Broken modules: what `check` says of them is what a booted kernel answers to finit_module."""

from collections import Counter
from dataclasses import dataclass

import pytest

from rkmbuild.module import check, target
from rkmbuild.module.findings import Verdict
from tests.corpus import offer
from tests.corpus.flips import flips
from tests.corpus.singles import singles

FLIPS = 600
# One is enough where no kernel crashes; more tell which files it crashed on.
BOOTS = 4


@dataclass(frozen=True, kw_only=True)
class Case:
    """A broken module, what was said of it and what the kernel answered."""

    name: str
    verdict: Verdict
    answer: offer.Answer

    def disagreement(self) -> str:
        found = self.verdict.refusal
        errno, log = (found.errno, found.log) if found else ("", "")
        said = offer.disagreement(found is None, errno, log, self.answer)
        return f"{self.name}: {said}" if said else ""


@pytest.fixture(scope="module", params=["kernel_6_1", "kernel_6_12"])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Case]:
    """Every broken module that we are certain about, offered to the kernel in one guest."""
    tree = request.getfixturevalue(request.param)
    folder = tmp_path_factory.mktemp("corpus")
    subject = offer.build_subject(tree, folder)
    known = target.of(tree)
    files = [*singles(subject), *flips(subject, FLIPS)]
    assert len(files) >= 500
    judged = [(name, data, check.judge(data, known, explain=False)) for name, data in files]
    certain = [(name, data, verdict) for name, data, verdict in judged if verdict.certain]
    agent = offer.build_agent(folder)
    answers = offer.offer(tree, agent, [data for _, data, _ in certain], boots=BOOTS)
    assert len(answers) == len(certain)
    return [
        Case(name=name, verdict=verdict, answer=answer)
        for (name, _, verdict), answer in zip(certain, answers, strict=True)
    ]


def test_the_kernel_gives_the_answer_that_was_foretold(cases: list[Case]) -> None:
    counts = Counter("loaded" if case.answer.errno == 0 else "refused" for case in cases)
    print(f"{len(cases)} files offered to {cases[0].verdict.kernel}: {dict(counts)}")
    assert [case.disagreement() for case in cases if case.disagreement()] == []


def test_the_kernel_survives_what_was_called_certain(cases: list[Case]) -> None:
    assert [case.name for case in cases if case.answer.crashed] == []


def test_the_corpus_has_enough_of_both_kinds(cases: list[Case]) -> None:
    refused = {case.verdict.refusal.rule.id for case in cases if case.verdict.refusal}
    loaded = [case for case in cases if not case.verdict.refusal]
    assert len(cases) >= 500
    assert len(loaded) >= 100
    # What no file can break by itself: it depends on the kernel's settings or on other modules.
    assert len(refused) >= 20, sorted(refused)


def test_a_module_as_kbuild_made_it_is_loaded_and_unloaded(cases: list[Case]) -> None:
    (whole,) = (case for case in cases if case.name == "as-built")
    assert (whole.answer.errno, whole.answer.stuck) == (0, 0)
    assert whole.verdict.exit_code == 0
