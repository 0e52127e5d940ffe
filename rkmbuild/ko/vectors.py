"""Instructions that use vector or floating-point registers, which hold a user program's values.

The kernel saves them when it changes from one program to another, not when it is entered.
"""

from dataclasses import dataclass

from rkmbuild.arch import architectures
from rkmbuild.ko import places
from rkmbuild.ko.elf import Elf

# Replacements are copied over code at load; on their own they are not run.
NOT_RUN = ".altinstr_replacement"


@dataclass(frozen=True)
class Use:
    """A function that uses such registers.

    Attributes:
        function: Its name in the symbol table.
        instruction: The first of its instructions that does, as a disassembler writes it.
        count: How many there are.
    """

    function: str
    instruction: str
    count: int


def functions(data: bytes) -> list[Use] | None:
    """Return the functions of a module that use such registers, in the order of their places.

    None where nothing here reads the instructions of its architecture.
    """
    file = Elf(data)
    arch = architectures.by_elf(file.header.machine)
    if not arch or not arch.code:
        return None
    where: places.Places | None = None
    found: dict[str, Use] = {}
    for number, section in enumerate(file.sections):
        if not (section.executable and section.allocated) or file.names[number] == NOT_RUN:
            continue
        for offset, one in arch.code.vector_uses(bytes(file.content(section))):
            where = where or places.of(file)
            name = where.function_at(number, offset)
            known = found.get(name) or Use(name, str(one), 0)
            found[name] = Use(name, known.instruction, known.count + 1)
    return list(found.values())
