"""How much machine code each way of bench/three_ways has, and how much of the stack it takes."""

import re
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.ko import places
from rkmbuild.ko.demangle import demangle
from rkmbuild.ko.elf import Elf

PARTS = {"read": "device", "write": "device"}
"""The file that an operation is in, where it has another name."""

_OF_C = re.compile(r"c_(?P<part>[a-z]+)_\w+")
_OF_RUST = re.compile(r"three_ways::(?P<way>bare|safe)::(?P<part>[a-z]+)\b")
# What calls the safe way from C has its functions inside.
_SEAM = {"add": "killer", "choose": "killer", "count": "map", "parse": "packet", "ticks": "tick"}
_OF_SEAM = re.compile(r"three_ways::seam::(?P<called>[a-z]+)")


@dataclass(frozen=True)
class Code:
    """The functions of one part in one way.

    Attributes:
        size: Bytes of all.
        stack: Bytes of the stack that the largest frame takes, with what is pushed into it.
    """

    size: int
    stack: int


def read(module: Path) -> dict[tuple[str, str], Code]:
    """Return the code of each part and way in the module."""
    file = Elf(module.read_bytes())
    arch = architectures.by_elf(file.header.machine)
    assert arch
    assert arch.code
    known = places.of(file)
    functions = [
        (section, start, end, known.name(symbol))
        for section, found in known.functions.items()
        for start, end, symbol in found
        if not known.name(symbol).startswith("__pfx_")
    ]
    found: dict[tuple[str, str], Code] = {}
    names = demangle([name for *_, name in functions])
    for (section, start, end, _), name in zip(functions, names, strict=True):
        of = place(name)
        if not of:
            continue
        content = bytes(file.content(file.sections[section]))[start:end]
        stack = sum(one.stack for one in arch.code.instructions(content, start))
        before = found.get(of, Code(0, 0))
        found[of] = Code(before.size + end - start, max(before.stack, stack))
    return found


def place(name: str) -> tuple[str, str] | None:
    """Return the part and the way that a function belongs to."""
    if match := _OF_C.match(name):
        return match["part"], "c"
    if match := _OF_RUST.search(name):
        return match["part"], match["way"]
    if match := _OF_SEAM.search(name):
        return (_SEAM[match["called"]], "safe") if match["called"] in _SEAM else None
    return None
