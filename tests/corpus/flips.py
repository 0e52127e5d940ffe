"""Modules with bits turned over, always the same ones.

Turned over is what the loader reads as structure: headers, names, symbols, .modinfo, __versions,
struct module, relocations. Machine code and data are the program: a bit of those makes another
program, of which no file format tells what it does.
"""

import random
from collections.abc import Iterator

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf

SEED = 20261121
_STRUCTURE = (
    ".modinfo",
    "__versions",
    ".gnu.linkonce.this_module",
    ".symtab",
    ".strtab",
    ".shstrtab",
)


def flips(module: bytes, count: int, *, seed: int = SEED) -> Iterator[tuple[str, bytes]]:
    """Give `count` names and files: one to three bits turned over in each.

    A third of the files has them in the headers, which are small beside the rest.
    """
    file = Elf(module)
    headers = [*range(64), *range(file.header.shoff, file.header.shoff + 64 * file.header.shnum)]
    places = [*headers]
    for number, section in enumerate(file.sections):
        if section.type == elf.SHT_RELA or file.names[number] in _STRUCTURE:
            places += range(section.offset, section.end)
    source = random.Random(seed)  # noqa: S311 - the same files every time are what is wanted
    for number in range(count):
        data = bytearray(module)
        pool = headers if number % 3 == 0 else places
        for _ in range(source.choice((1, 1, 1, 2, 3))):
            data[source.choice(pool)] ^= 1 << source.randrange(8)
        yield f"flip-{number}", bytes(data)
