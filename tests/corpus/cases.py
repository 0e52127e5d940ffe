"""Broken modules, what `check` says of them, and what a booted kernel answers to finit_module."""

from dataclasses import dataclass
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import check, target
from rkmbuild.verdict.findings import Verdict
from tests.corpus import offer
from tests.corpus.flips import flips
from tests.corpus.packed import packed
from tests.corpus.singles import singles

# One is enough where no kernel crashes; more tell which files it crashed on.
_BOOTS = 4


@dataclass(frozen=True, kw_only=True)
class Case:
    """A broken module, what was said of it and what the kernel answered."""

    name: str
    verdict: Verdict
    answer: offer.Answer

    def disagreement(self) -> str:
        """Return how the two differ; empty where they do not."""
        found = self.verdict.refusal
        errno, log = (found.errno, found.log) if found else ("", "")
        said = offer.disagreement(found is None, errno, log, self.answer)
        return f"{self.name}: {said}" if said else ""


def offered(tree: KernelTree, folder: Path, flipped: int) -> tuple[int, list[Case]]:
    """Return how many files were judged, and those that `check` is certain about.

    Args:
        tree: The kernel that they are made for and offered to, in one guest.
        folder: An empty folder to build in.
        flipped: How many files with bits turned over there shall be, beside those of `singles`.
    """
    subject = offer.build_subject(tree, folder)
    known = target.of(tree)
    files = [*singles(subject), *flips(subject, flipped)]
    judged = [(name, data, check.judge(data, known, explain=False)) for name, data in files]
    if known.unpacks:
        place = folder / "packed"
        for name, data in packed(subject, known.unpacks):
            place.write_bytes(data)
            judged.append((name, data, check.judge_file(place, known, explain=False)))
    certain = [(name, data, verdict) for name, data, verdict in judged if verdict.certain]
    agent = offer.build_agent(folder)
    answers = offer.offer(tree, agent, [data for _, data, _ in certain], boots=_BOOTS)
    cases = [
        Case(name=name, verdict=verdict, answer=answer)
        for (name, _, verdict), answer in zip(certain, answers, strict=True)
    ]
    return len(judged), cases
