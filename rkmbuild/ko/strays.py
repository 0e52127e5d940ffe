"""Accesses in a module's code that a kernel's code does not make, and where they are."""

from collections.abc import Collection, Iterator

from rkmbuild.arch.canary import Canary
from rkmbuild.arch.code import Access, CodeReader, Stray
from rkmbuild.arch.rustflags import Kernel
from rkmbuild.ko import elf
from rkmbuild.ko.places import Places
from rkmbuild.ko.vectors import NOT_RUN

_PART = ".cold"


def find(
    places: Places, code: CodeReader, canary: Canary | None, kernel: Kernel
) -> Iterator[tuple[int, Access]]:
    """Give them, each with the number of its section.

    Args:
        places: The module.
        code: What reads the instructions of its architecture.
        canary: Where kernels of that have the stack's canary.
        kernel: The module's kernel.
    """
    file = places.file
    usual = canary.places(kernel) if canary else ()
    guards = _symbols(places, canary.names if canary and canary.has_moved(kernel) else ())
    for number, section in enumerate(file.sections):
        if not (section.executable and section.allocated) or file.names[number] == NOT_RUN:
            continue
        content = bytes(file.content(section))
        filled = _Filled(places, number)

        def is_part(start: int, section: int = number) -> bool:
            # gcc's and LLVM's name for what is hardly ever run of a function.
            return places.function_at(section, start).endswith(_PART)

        for access in code.strays(content, places.starts(number), filled, usual, is_part):
            yield number, access
        for place in filled.by(guards):
            if not code.is_per_cpu(content, place):
                yield number, Access(place, Stray.NOT_PER_CPU, 0, "")


def text(access: Access, canary: Canary | None) -> str:
    """Return what an access reaches, in words."""
    if access.kind is Stray.USER_SEGMENT:
        if canary and access.displacement == canary.of_programs:
            return "the stack's canary, or what else it reads there, of the user program that runs"
        return "thread-local data of the user program that runs"
    if access.kind is Stray.BELOW_STACK:
        return "the stack below its pointer, which every interrupt overwrites"
    if access.kind is Stray.NOT_PER_CPU:
        return "the stack's canary, as if it were no per-CPU variable"
    if canary and access.displacement == canary.place:
        return "the stack's canary, which this kernel has in another place"
    return "per-CPU data at a fixed place, where the kernel has no variable"


def _symbols(places: Places, names: Collection[str]) -> set[int]:
    """Return the numbers of the symbols with one of these names that other files define."""
    if not names:
        return set()
    return {
        number
        for number, symbol in enumerate(places.symbols)
        if not symbol.shndx and places.name(symbol) in names
    }


class _Filled:
    """The offsets of a section that relocations fill, read when somebody asks."""

    def __init__(self, places: Places, number: int) -> None:
        self._places = places
        self._number = number
        self._known: set[int] | None = None

    def __call__(self) -> set[int]:
        if self._known is None:
            self._known = {offset for offset, _ in self._rows()}
        return self._known

    def by(self, symbols: Collection[int]) -> list[int]:
        """Return those that relocations by one of these symbols fill."""
        return [at for at, symbol in self._rows() if symbol in symbols] if symbols else []

    def _rows(self) -> Iterator[tuple[int, int]]:
        file = self._places.file
        for section in file.sections:
            if section.type == elf.SHT_RELA and section.info == self._number:
                yield from ((at, symbol) for at, _, symbol, _ in file.relocations(section).rows())
