"""Files and lines for places in a module, from addr2line of binutils.

It is a process, not a library: it answers for a module in some 10 ms where pure Python takes a
second to read the same DWARF, it knows what each compiler writes, relocations of a .ko.debug
included, and what a damaged file does to it ends with it. binutils is there wherever kbuild works.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.base import limits
from rkmbuild.base.errors import RkmbuildError, ToolchainError
from rkmbuild.trace.debugfile import Place

# A healthy file of a large driver takes well under a second.
_SECONDS = 20.0
_AT_ONCE = 256
# More inlined functions at one place than anybody writes; a damaged file may have any number.
_DEEPEST = 64
_ADDRESS = re.compile(r"0x([0-9a-f]{8,16})")
_DISCRIMINATOR = re.compile(r" \(discriminator \d+\)$")


@dataclass(frozen=True)
class Spot:
    """A place in the source.

    Attributes:
        function: The function's name, demangled.
        file: The file, or empty where it is not known.
        line: The line in it, from 1, or 0 where it is not known.
        inlined: Whether the function became a part of the one that follows.
    """

    function: str
    file: str
    line: int
    inlined: bool


class Addr2line:
    """Asks for many places and keeps the answers.

    Attributes:
        problem: Why it has no answer, or empty.
    """

    def __init__(self, debug: Path) -> None:
        self.problem = ""
        self._debug = debug
        self._known: dict[Place, tuple[Spot, ...]] = {}

    def ask(self, places: Sequence[Place]) -> None:
        """Find out about places, one process for each section; `at` then tells."""
        asked: dict[str, dict[int, None]] = {}
        for place in places:
            if place not in self._known:
                asked.setdefault(place.section, {})[place.offset] = None
        for section, offsets in asked.items():
            every = list(offsets)
            for start in range(0, len(every), _AT_ONCE):
                self._run(section, every[start : start + _AT_ONCE])

    def at(self, place: Place) -> tuple[Spot, ...]:
        """Return what is at a place that was asked for: the innermost function first."""
        return self._known.get(place, ())

    def _run(self, section: str, offsets: Sequence[int]) -> None:
        if self.problem:
            return
        words = ["addr2line", "-a", "-f", "-i", "-C", "-j", section, "-e", str(self._debug)]
        try:
            said = limits.run(
                [*words, *(f"{offset:#x}" for offset in offsets)],
                doing="looking up source lines",
                seconds=_SECONDS,
            )
        except ToolchainError:
            self.problem = "addr2line (binutils) was not found"
            return
        except RkmbuildError as error:
            self.problem = error.message
            return
        for offset, spots in answers(said):
            self._known[Place(section, offset)] = spots


def answers(text: str) -> Iterator[tuple[int, tuple[Spot, ...]]]:
    """Read what `addr2line -a -f -i` prints: for each address, pairs of a function and a line."""
    lines = iter(text.splitlines())
    address: int | None = None
    pairs: list[tuple[str, str]] = []
    for line in lines:
        match = _ADDRESS.fullmatch(line)
        if match:
            if address is not None:
                yield address, _spots(pairs)
            address, pairs = int(match[1], 16), []
        elif address is not None and len(pairs) < _DEEPEST:
            pairs.append((line, next(lines, "")))
    if address is not None:
        yield address, _spots(pairs)


def _spots(pairs: Sequence[tuple[str, str]]) -> tuple[Spot, ...]:
    if not pairs or (len(pairs) == 1 and pairs[0][1].startswith("??")):
        return ()
    return tuple(
        _spot(function, place, inlined=number < len(pairs) - 1)
        for number, (function, place) in enumerate(pairs)
    )


def _spot(function: str, place: str, *, inlined: bool) -> Spot:
    file, _, number = _DISCRIMINATOR.sub("", place).rpartition(":")
    # Without a line table, what stands for the file is the name of the object.
    if "/" not in file:
        file = ""
    line = int(number) if number.isdecimal() and len(number) < 9 and file else 0
    return Spot("" if function == "??" else function, file, line, inlined)
