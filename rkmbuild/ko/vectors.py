"""Instructions that use x87, MMX, SSE or AVX registers, which hold a user program's values.

The kernel saves them when it changes from one program to another, not when it is entered.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf
from rkmbuild.ko.places import Places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iced_x86 import Instruction

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


def uses(one: "Instruction") -> bool:
    """Tell whether an instruction uses vector or floating-point registers."""
    from iced_x86 import CpuidFeature, Mnemonic, Register  # noqa: PLC0415 - 20 ms

    if one.mnemonic in (Mnemonic.EMMS, Mnemonic.VZEROUPPER, Mnemonic.VZEROALL, Mnemonic.LDMXCSR,
                        Mnemonic.VLDMXCSR):  # fmt: skip
        return True  # these name no register
    registers = [one.op_register(n) for n in range(one.op_count)]
    if any(
        Register.XMM0 <= register <= Register.ZMM31
        or Register.ST0 <= register <= Register.MM7
        or Register.K0 <= register <= Register.K7
        for register in registers
    ):
        return True
    x87 = {CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387}
    return not x87.isdisjoint(one.cpuid_features())


def functions(data: bytes) -> list[Use]:
    """Return the functions of a module that use such registers, in the order of their places."""
    file = Elf(data)
    places: Places | None = None
    found: dict[str, Use] = {}
    for number, one in _all(file):
        places = places or _places(file)
        name = places.function_at(number, one.ip)
        first = found.get(name, Use(name, str(one), 0))
        found[name] = Use(name, first.instruction, first.count + 1)
    return list(found.values())


def _all(file: Elf) -> "Iterator[tuple[int, Instruction]]":
    """Give each such instruction in the code of an object, with its section's number."""
    from iced_x86 import Decoder  # noqa: PLC0415 - 20 ms

    for number, section in enumerate(file.sections):
        if not (section.executable and section.allocated) or file.names[number] == NOT_RUN:
            continue
        content = bytes(file.content(section))
        # Most code has none: the first pass asks only which kinds of instruction there are.
        kinds = {one.code: one for one in Decoder(64, content)}
        wanted = {code for code, one in kinds.items() if uses(one)}
        if wanted:
            yield from ((number, one) for one in Decoder(64, content) if one.code in wanted)


def _places(file: Elf) -> Places:
    table = next(section for section in file.sections if section.type == elf.SHT_SYMTAB)
    return Places(file, file.symbols(table), file.sections[table.link])
