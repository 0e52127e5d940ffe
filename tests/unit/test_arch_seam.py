"""What differs between architectures stands in one room, and every other room takes an `Arch`."""

import re
from pathlib import Path

import pytest

import rkmbuild

ROOMS = Path(rkmbuild.__file__).parent
# Its names, its canary, its first serial port, its kind of machine, its disassembler.
_OF_ONE = re.compile(r"x86|gs:40|ttyS\d|microvm|iced", re.IGNORECASE)
_FILES = sorted(
    path.relative_to(ROOMS).as_posix()
    for path in ROOMS.rglob("*")
    if path.is_file() and path.suffix != ".pyc" and path.relative_to(ROOMS).parts[0] != "arch"
)


@pytest.mark.parametrize("file", _FILES)
def test_no_other_room_names_what_is_one_architectures(file: str) -> None:
    lines = (ROOMS / file).read_text().splitlines()
    found = [f"{number}: {line}" for number, line in enumerate(lines, 1) if _OF_ONE.search(line)]
    assert found == []


def test_the_room_of_architectures_is_where_they_are_named() -> None:
    assert _OF_ONE.search((ROOMS / "arch" / "x86_64.py").read_text())
    assert "verdict/relocations.py" in _FILES
