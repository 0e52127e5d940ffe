"""Whether names lie in the tables that they are said to be in, which kernels of today look at.

Some lines of the kernel have no end here, and so come into its log with the next one, whenever that
is: they are not foretold.
"""

from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import elf_file
from rkmbuild.verdict.target import Target

EXTENDED_CRCS = "__version_ext_crcs"
EXTENDED_NAMES = "__version_ext_names"
_CRC = 4
_WORDS_OF_A_SYMBOL = elf.SYMBOL_SIZE // 4


def check_versions(file: Elf, _target: Target, report: FindingList) -> None:
    """Apply elf_validity_cache_index_versions (kernel/module/main.c, from 6.14 on)."""
    crcs, names = file.find(EXTENDED_CRCS), file.find(EXTENDED_NAMES)
    if bool(crcs) != bool(names):
        message = f"{EXTENDED_CRCS} and {EXTENDED_NAMES} are not both there"
        report.add(elf_file.EXTENDED_VERSIONS, message)
        return
    if not crcs:
        return
    count = file.sections[crcs].size // _CRC
    table = file.sections[names]
    words = bytes(file.data[table.offset : table.end]).count(b"\0")
    if words < count:
        message = f"{count} CRCs and {words} names"
        report.add(elf_file.EXTENDED_VERSIONS, message, place=EXTENDED_NAMES)


def check_symbols(file: Elf, _target: Target, report: FindingList) -> None:
    """Apply elf_validity_cache_strtab (kernel/module/main.c, from 6.13 on)."""
    symbols = next(section for section in file.sections if section.type == elf.SHT_SYMTAB)
    table = file.sections[symbols.link]
    content = bytes(file.data[table.offset : table.end])
    if not content:
        message, log = "is empty", "empty symbol string table"
    elif content[0]:
        message, log = "does not begin with a NUL", "symbol string table missing leading NUL"
    elif content[-1]:
        message, log = "does not end with a NUL", "symbol string table isn't NUL terminated"
    elif _highest(file, symbols) >= len(content):
        message, log = "does not have all names", ""
    else:
        return
    report.add(elf_file.STRING_TABLE, f"the symbols' string table {message}", log=log)


def _highest(file: Elf, symbols: elf.Section) -> int:
    """Return the largest offset of a symbol's name, by columns: a table may have a million rows."""
    whole = symbols.size // elf.SYMBOL_SIZE * elf.SYMBOL_SIZE
    words = memoryview(file.data)[symbols.offset : symbols.offset + whole].cast("I")
    return max(words[::_WORDS_OF_A_SYMBOL], default=0)
