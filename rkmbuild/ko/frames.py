"""Functions of a module that ask more room of the stack than a kernel's has."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rkmbuild.arch import architectures
from rkmbuild.arch.code import CodeReader
from rkmbuild.ko import places
from rkmbuild.ko.elf import Elf
from rkmbuild.ko.vectors import NOT_RUN


@dataclass(frozen=True)
class Frame:
    """A function's frame.

    Attributes:
        function: The function's name in the symbol table.
        size: Its bytes.
    """

    function: str
    size: int


def larger_than(data: bytes, limit: int) -> list[Frame]:
    """Return the functions of a module whose frame has more than `limit` bytes, the largest first.

    None is given where nothing here reads the instructions of its architecture.
    """
    sizes: dict[str, int] = {}
    for code, content, function_at in _code(data):
        for offset, size in code.scan(content, frame_limit=limit).frames:
            name = function_at(offset)
            sizes[name] = max(size, sizes.get(name, 0))
    return [Frame(*found) for found in sorted(sizes.items(), key=lambda item: -item[1])]


def _code(data: bytes) -> Iterator[tuple[CodeReader, bytes, Callable[[int], str]]]:
    """Give the sections of code, each with what reads it and what names the functions in it."""
    file = Elf(data)
    arch = architectures.by_elf(file.header.machine)
    if not arch or not arch.code:
        return
    known: list[places.Places] = []
    for number, section in enumerate(file.sections):
        if not (section.executable and section.allocated) or file.names[number] == NOT_RUN:
            continue

        def function_at(offset: int, number: int = number) -> str:
            if not known:
                known.append(places.of(file))
            return known[0].function_at(number, offset)

        yield arch.code, bytes(file.content(section)), function_at
