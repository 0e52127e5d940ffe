"""Compares two commits: `python -m bench.history A B [--json FILE]`.

Both run in turns, each in a worktree of its own, on a copy of the same project, with the same
tools: a busy moment meets both, so each run is compared with the other's of its turn. What B does
slower is said, and the exit code is 1 then.
"""

import argparse
import contextlib
import json
import math
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench import measure
from bench.commands import TOOL
from rkmbuild.base import console, paths, process
from rkmbuild.base.tool_environment import tool_environment

_ROOT = Path(__file__).parents[1]
# Less than that is nothing that one would look for; rounds of one commit differ by as much.
_MATTERS = 1.05
# How often as many turns may agree where nothing has changed: eight of nine do in one of 51 rows.
_BY_CHANCE = 0.02


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One figure of both commits.

    Attributes:
        name: What was done.
        unit: `s` of the clock on the wall, or `cpu s` of the processors.
        before: Each run of A.
        after: Each run of B, in the same turn.
    """

    name: str
    unit: str
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median of what a turn of B takes over that of A."""
        return statistics.median(self._ratios())

    @property
    def verdict(self) -> str:
        """`slower`, `faster` or `same`; `unknown` of turns too few to tell, all of them agreeing.

        It is a change where the median is one that matters, and more turns agree than by chance.
        """
        ratios = self._ratios()
        if chance(len(ratios), len(ratios)) > _BY_CHANCE:
            return "unknown"
        for verdict, matters, agreeing in (
            ("slower", self.ratio >= _MATTERS, sum(ratio > 1 for ratio in ratios)),
            ("faster", self.ratio <= 1 / _MATTERS, sum(ratio < 1 for ratio in ratios)),
        ):
            if matters and chance(agreeing, len(ratios)) <= _BY_CHANCE:
                return verdict
        return "same"

    def cells(self) -> list[str]:
        """Return it as a row of the table."""
        before, after = statistics.median(self.before), statistics.median(self.after)
        verdict = "" if self.verdict == "same" else self.verdict
        return [
            self.name, self.unit, f"{before:.2f}", f"{after:.2f}", f"{self.ratio:.2f}x", verdict,
        ]  # fmt: skip

    def document(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self) | {"ratio": self.ratio, "verdict": self.verdict}

    def _ratios(self) -> list[float]:
        return [after / before for before, after in zip(self.before, self.after, strict=True)]


def chance(agreeing: int, turns: int) -> float:
    """Return how probable it is that so many turns or more agree where each may go either way.

    This is the sign test: it asks nothing of how the times of a busy machine are spread.
    """
    return sum(math.comb(turns, count) for count in range(agreeing, turns + 1)) / (1 << turns)


def read(document: Mapping[str, Any]) -> list[Pair]:
    """Return the figures in a document that `--json` wrote."""
    return [
        Pair(
            name=row["name"], unit=row["unit"],
            before=tuple(row["before"]), after=tuple(row["after"]),
        )
        for row in document["rows"]
    ]  # fmt: skip


def slower(pairs: Sequence[Pair]) -> list[str]:
    """Return what got slower, by name, with how much."""
    return [
        f"{pair.name}: {pair.ratio:.2f}x ({pair.unit})"
        for pair in pairs
        if pair.verdict == "slower"
    ]


class Side:
    """One commit, in a worktree of its own, with a project of its own."""

    def __init__(self, checkout: Path, folder: Path, kernel: str | None) -> None:
        """Build the project once, so that the cache is warm.

        Args:
            checkout: The worktree.
            folder: Where the project is to lie.
            kernel: As in `--kernel`.
        """
        self.project = folder / "hello_world"
        self._checkout, self._folder = checkout, folder
        example = checkout / "examples" / "hello_world"
        shutil.copytree(example, self.project, ignore=shutil.ignore_patterns("target"))
        self._build: tuple[str | Path, ...] = ("build", self.project)
        self._build += ("--kernel", kernel) if kernel else ()
        self.build()

    def run(self, *words: str | Path, cache: Path | None = None) -> tuple[float, float]:
        """Run a command; return the seconds of the wall, and those of the processors."""
        env = tool_environment(
            {
                "PYTHONPATH": str(self._checkout),
                "RKMBUILD_CACHE_DIR": str(cache or paths.cache_dir()),
            }
        )
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = process.run([*TOOL, *words], doing="measuring", env=env, cwd=self._folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return done.seconds, used

    def build(self, cache: Path | None = None) -> tuple[float, float]:
        """Build the project."""
        return self.run(*self._build, cache=cache)

    def edited(self) -> tuple[float, float]:
        """Build after an edit of one line."""
        measure.edit_a_line(self.project)
        return self.build()

    def clean(self) -> tuple[float, float]:
        """Build what was never built, with a warm cache."""
        shutil.rmtree(self.project / "target")
        return self.build()

    def cold(self) -> tuple[float, float]:
        """Build with an empty cache."""
        shutil.rmtree(self.project / "target")
        cache = self._folder / "cold-cache"
        shutil.rmtree(cache, ignore_errors=True)
        return self.build(cache)


Figure = Callable[[Side], tuple[float, float]]
_QUICK: Mapping[str, Figure] = {
    "--version": lambda side: side.run("--version"),
    "--help": lambda side: side.run("--help"),
    "nothing to do": Side.build,
    "one line of Rust edited": Side.edited,
    "clean build, warm cache": Side.clean,
}


def compare(name: str, figure: Figure, before: Side, after: Side, *, rounds: int) -> list[Pair]:
    """Measure one figure of both commits in turns, of which the first begins by turns as well."""
    turns = []
    for number in range(rounds):
        if number % 2:
            second = figure(after)
            turns.append((figure(before), second))
        else:
            turns.append((figure(before), figure(after)))
    pairs = [
        Pair(
            name=name, unit=unit,
            before=tuple(turn[0][at] for turn in turns), after=tuple(turn[1][at] for turn in turns),
        )
        for at, unit in enumerate(("s", "cpu s"))
    ]  # fmt: skip
    for pair in pairs:
        sys.stderr.write("  ".join(filter(None, pair.cells())) + "\n")
    return pairs


@contextlib.contextmanager
def worktree(commit: str, folder: Path) -> Iterator[Path]:
    """Give a checkout of a commit, which is gone after the body."""
    git = ("git", "-C", _ROOT, "worktree")
    process.run([*git, "add", "--detach", folder, commit], doing=f"checking {commit} out")
    try:
        yield folder
    finally:
        process.run([*git, "remove", "--force", folder], doing="removing a checkout")


def main() -> None:
    """Measure, print the table, write the JSON; exit 1 if something got slower."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", metavar="A", help="a commit")
    parser.add_argument("after", metavar="B", help="another one, as a rule a later one")
    parser.add_argument("--kernel", help="a release, a part of one, or a path")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each warm figure")
    parser.add_argument("--cold-rounds", type=int, default=0, help="turns with an empty cache")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    asked = parser.parse_args()
    pairs: list[Pair] = []
    with (
        tempfile.TemporaryDirectory(prefix="rkmbuild-history-") as name,
        contextlib.ExitStack() as at,
    ):
        folder = Path(name)
        sides: list[Side] = []
        for which, commit in (("a", asked.before), ("b", asked.after)):
            (folder / which).mkdir()
            checkout = at.enter_context(worktree(commit, folder / which / "checkout"))
            sides.append(Side(checkout, folder / which, asked.kernel))
        for what, figure in _QUICK.items():
            pairs += compare(what, figure, *sides, rounds=asked.rounds)
        if asked.cold_rounds:
            pairs += compare("everything cold", Side.cold, *sides, rounds=asked.cold_rounds)
    columns = ["what", "unit", "A", "B", "B / A", ""]
    console.table(columns, [pair.cells() for pair in pairs])
    if asked.json:
        document = {
            "machine": measure.machine() | {"A": asked.before, "B": asked.after},
            "rows": [pair.document() for pair in pairs],
        }
        asked.json.write_text(json.dumps(document, indent=2) + "\n")
    worse = slower(pairs)
    for line in worse:
        console.line(f"slower: {line}")
    sys.exit(bool(worse))


if __name__ == "__main__":
    main()
