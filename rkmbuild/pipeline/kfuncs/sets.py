"""The sets of functions that a module gives to each kind of BPF program, in its `.BTF_ids`.

C code lays them out, with flags in the words of the kernel's own headers; in place of the number
that a function has in the module's BTF it says which of the records it is, counted from 1.
"""

import struct

from rkmbuild.base.errors import BuildError
from rkmbuild.ko import elf, kfuncs

_PAIR = struct.Struct("<II")


def numbered(made: bytes, numbers: list[int]) -> bytes:
    """Return `.BTF_ids` with numbers of the module's BTF in place of those of its records.

    Each set is sorted by them, as the kernel searches it by halves (btf_id_set8_contains,
    kernel/bpf/btf.c).

    Args:
        made: The module, as it was linked: what was numbered once is not to be numbered again.
        numbers: The number of each record's function.

    Raises:
        BuildError: the sets are not as they are laid out here.
    """
    file = elf.Elf(made)
    section = file.find(kfuncs.IDS)
    found = kfuncs.sets(file)
    if not section or not any(each.pairs for each in found):
        raise BuildError("the module has functions for BPF programs, and gives them to none")
    content = bytearray(file.content(file.sections[section]))
    for each in found:
        if any(not 0 < number <= len(numbers) for number, _ in each.pairs):
            raise BuildError(f"{kfuncs.IDS}: the set of {each.hook} has a function that is none")
        pairs = sorted((numbers[number - 1], flags) for number, flags in each.pairs)
        rows = b"".join(_PAIR.pack(*pair) for pair in pairs)
        content[each.at : each.at + len(rows)] = rows
    return bytes(content)
