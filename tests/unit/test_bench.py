"""The reckoning of `bench`: what is called slower, and what is noise."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench import history, measure
from bench.history import Pair

_RECORDED = Path(__file__).parents[1] / "data" / "bench"


def _pair(before: float, *ratios: float) -> Pair:
    return Pair(
        name="x", unit="s",
        before=(before,) * len(ratios), after=tuple(before * ratio for ratio in ratios),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ((1.2, 1.3, 1.1, 1.2, 1.2, 1.1), "slower"),
        ((1.2, 1.3, 0.9, 1.2, 1.2, 1.1, 1.2, 1.2, 1.1), "slower"),
        ((0.8, 0.7, 0.9, 0.8, 0.7, 0.9), "faster"),
        # Not by enough, or not often enough.
        ((1.02, 1.03, 1.04, 1.01, 1.02, 1.04), "same"),
        ((1.2, 1.3, 0.9, 1.2, 0.9, 1.1, 1.2, 1.2, 1.1), "same"),
        ((1.2, 1.3, 0.9, 1.2, 1.2, 1.1), "same"),
        ((1, 1, 1, 1, 1, 9), "same"),
        ((2, 2, 2, 2, 2), "unknown"),
    ],
)
def test_slower_is_what_most_turns_agree_on(ratios: tuple[float, ...], verdict: str) -> None:
    assert _pair(0.4, *ratios).verdict == verdict


def test_a_turn_is_compared_with_itself() -> None:
    # A busy moment that meets one turn of both is no change, whatever the medians say.
    before = (1, 2, 4, 8, 16, 32)
    after = tuple(1.1 * figure for figure in before)
    pair = Pair(name="x", unit="s", before=before, after=after)
    assert pair.ratio == pytest.approx(1.1)
    assert pair.verdict == "slower"


@pytest.mark.parametrize(
    ("agreeing", "turns", "probable"), [(0, 5, 1), (3, 5, 0.5), (5, 5, 1 / 32), (8, 9, 10 / 512)]
)
def test_turns_that_agree_by_chance_are_counted(agreeing: int, turns: int, probable: float) -> None:
    assert history.chance(agreeing, turns) == pytest.approx(probable)


def _recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_RECORDED / name).read_text())
    return document


def test_recorded_figures_are_read_as_they_were_judged() -> None:
    document = _recorded("history.json")
    pairs = history.read(document)
    assert json.loads(json.dumps([pair.document() for pair in pairs])) == document["rows"]


def test_a_commit_is_no_slower_than_itself() -> None:
    """Both were the same commit, on a machine that was busy with other work."""
    assert history.slower(history.read(_recorded("history.json"))) == []


def test_an_edit_is_another_one_each_time(tmp_path: Path) -> None:
    source = tmp_path / "src" / "lib.rs"
    source.parent.mkdir()
    source.write_text('pr_info!("Hello kernel module!\\n");\n')
    seen = {source.read_text()}
    for _ in range(3):
        measure.edit_a_line(tmp_path)
        seen.add(source.read_text())
    assert len(seen) == 4
    assert source.read_text() == 'pr_info!("Hello kernel module! 3\\n");\n'
