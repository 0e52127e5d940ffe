"""The tables of docs/upstream-mode.md: what came of the modules in Rust of a kernel's source.

One is of the kernel that every run of the tests has; the other one has a column for each of those
that are tested sometimes. With RKMBUILD_UPDATE_DOCS=1 they are written anew from what was seen.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.tried import TRIED

_PAGE = Path(__file__).parents[1] / "docs" / "upstream-mode.md"
HEADINGS = ("Source", "Built", "Loaded", "Driven", "Bytes")
OTHERS = (
    "Source",
    "7.3.4+deb13-amd64",
    "7.2.12+deb13-amd64",
    "7.2.12+deb13-cloud-amd64",
    "7.2.13+deb14-cloud-amd64",
)
"""Of the other kernels: their releases."""
_SIZE = re.compile(r"\b[\d,]{4,}\b")

Rows = dict[str, list[str]]


def rows(headings: Sequence[str] = HEADINGS) -> Rows:
    """Return the rows of the table in the page that has these headings, by the source's place."""
    table = _table(headings).search(_PAGE.read_text())
    assert table, f"{_PAGE.name} has no table headed by {headings}"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table[1].splitlines()]
    return {row[0].strip("`"): row for row in cells}


def other(row: Sequence[str]) -> str:
    """Return the cell that says of another kernel what a row of the first table would."""
    _, built, _, driven, size = row
    return f"{driven}; {size}" if size else built


def compare(seen: str, said: str) -> None:
    """Compare what was seen with what the page says; a size differs with the path of the build."""
    if os.environ.get("RKMBUILD_UPDATE_DOCS"):
        return
    words, expected = (_SIZE.sub("N", text) for text in (seen, said))
    assert words == expected, "RKMBUILD_UPDATE_DOCS=1 writes it anew"
    sizes = [[int(n.replace(",", "")) for n in _SIZE.findall(text)] for text in (seen, said)]
    assert all(abs(one - two) < one / 20 for one, two in zip(*sizes, strict=True))


def update(seen: Mapping[str, Sequence[str]], headings: Sequence[str] = HEADINGS) -> None:
    """Write rows to the page in place of older ones, if that is asked for; others stay."""
    if not os.environ.get("RKMBUILD_UPDATE_DOCS"):
        return
    there = {**rows(headings), **seen}
    ruler = ["-" * len(heading) for heading in headings]
    lines = [headings, ruler, *(there[each.source] for each in TRIED if each.source in there)]
    text = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    _PAGE.write_text(_table(headings).sub(lambda _: text, _PAGE.read_text()))


def _table(headings: Sequence[str]) -> re.Pattern[str]:
    head = re.escape(f"| {' | '.join(headings)} |")
    return re.compile(rf"^{head}\n\|[-| ]+\n((?:\|.*\n)*)", re.MULTILINE)
