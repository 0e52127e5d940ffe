"""Places in a module that is no longer there: the kernel prints bare addresses for them."""

from collections.abc import Iterator

from rkmbuild.arch import architectures
from rkmbuild.trace.debugfile import DebugFile, Place

_PAGE = 4096
# More code than any module has.
_MOST = 64 << 20
_INIT = ".init"


def may_hold(address: int) -> bool:
    """Tell whether modules are placed where this address is."""
    spaces = (arch.space for arch in architectures.ALL)
    return any(space.start <= address < space.end for space in spaces)


def at(debug: DebugFile, address: int, text: int) -> Place | None:
    """Return the place of an address, given the address of the module's .text."""
    for section, start, size in _layout(debug):
        if start <= address - text < start + size:
            return Place(section, address - text - start)
    return None


def guesses(debug: DebugFile, address: int) -> list[Place]:
    """Return the places that an address may be, where nothing tells where the module was.

    Its code begins at a page, so the last three digits tell; a module of at most 4 KiB of code has
    one such place. Places that no function has are left out.
    """
    found = []
    for section, start, size in _layout(debug):
        for offset in range((address - start) % _PAGE, min(size, _MOST), _PAGE):
            place = Place(section, offset)
            function = debug.function_at(place)
            # Up to the function's end: an address that a call comes back to may be there.
            if function and offset - function.value <= function.size and function.size:
                found.append(place)
    return found


def _layout(debug: DebugFile) -> Iterator[tuple[str, int, int]]:
    """Give the code that stays: each section's name, where it begins, and its size.

    As layout_sections of kernel/module/main.c lays it out, in 6.1 as in 6.12: sections in their
    order, each aligned, those of the init code apart.
    """
    at = 0
    for section, name in zip(debug.elf.sections, debug.elf.names, strict=True):
        if section.executable and section.allocated and not name.startswith(_INIT):
            at += -at % max(1, section.addralign)
            yield name, at, section.size
            at += section.size
