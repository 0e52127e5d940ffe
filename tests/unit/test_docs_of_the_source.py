"""The pages for who works on the tool: the picture of its rooms, and the decisions."""

import itertools
import re
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_ARCHITECTURE = (_ROOT / "docs" / "architecture.md").read_text()


def _layers() -> list[list[str]]:
    """Return the rooms as the lint step holds them apart, those that know most first."""
    tools = tomllib.loads((_ROOT / "pyproject.toml").read_text())["tool"]
    (contract,) = tools["importlinter"]["contracts"]
    return [layer.split(" | ") for layer in contract["layers"]]


def test_the_picture_of_the_rooms_is_what_the_lint_step_holds() -> None:
    fence = r"^```mermaid\nflowchart TD\n(.*?)^```"
    picture = re.search(fence, _ARCHITECTURE, re.MULTILINE | re.DOTALL)
    assert picture
    drawn = [line.strip() for line in picture[1].splitlines()]
    layers = _layers()
    assert drawn == [
        f"{' & '.join(above)} --> {' & '.join(below)}"
        for above, below in itertools.pairwise(layers)
    ]


def test_each_room_has_its_row_and_says_what_belongs_into_it() -> None:
    told = re.findall(r"^\| `(\w+)` \|.*\|.*\|$", _ARCHITECTURE, re.MULTILINE)
    rooms = {init.parent.name: init for init in (_ROOT / "rkmbuild").glob("*/__init__.py")}
    assert sorted(told) == sorted(rooms)
    drawn = [room for layer in _layers() for room in layer]
    assert told == [room for room in drawn if room in rooms]
    for init in rooms.values():
        assert '"""' in init.read_text()[:3]


def test_each_decision_is_listed_and_says_what_forced_it_and_what_it_costs() -> None:
    folder = _ROOT / "docs" / "decisions"
    pages = sorted(folder.glob("0*.md"))
    listed = re.findall(
        r"^(\d+)\. \[(.*)\]\((.*)\)$", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert [name for _, _, name in listed] == [page.name for page in pages]
    for number, title, name in listed:
        text = (folder / name).read_text()
        assert text.startswith(f"# {number}. {title}\n\nDate: 20")
        assert int(name[:4]) == int(number)
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences"]
