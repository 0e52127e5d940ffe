"""Who in an object asks for a symbol that nobody has."""

import re
from collections.abc import Collection
from pathlib import Path

from rkmbuild.base import process

_SHOWN = 3


def askers(target: Path, names: Collection[str]) -> dict[str, list[str]]:
    """Return, for each of `names`, the functions of the object that refer to it, demangled.

    Three at most are named for each. A `target` that is not there gives nothing.
    """
    if not target.is_file():
        return {}
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 50 ms that only a failure needs
    from elftools.elf.relocation import RelocationSection  # noqa: PLC0415
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415

    found: dict[str, list[str]] = {name: [] for name in names}
    with target.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        symbols = list(table.iter_symbols()) if isinstance(table, SymbolTableSection) else []
        functions = sorted(
            (s["st_shndx"], s["st_value"], s["st_value"] + s["st_size"], s.name)
            for s in symbols
            if s["st_info"]["type"] == "STT_FUNC"
        )
        for section in elf.iter_sections():
            if not isinstance(section, RelocationSection):
                continue
            for relocation in section.iter_relocations():
                name = symbols[relocation["r_info_sym"]].name
                if name not in found or len(found[name]) == _SHOWN:
                    continue
                place = section["sh_info"], relocation["r_offset"]
                for index, start, end, function in functions:
                    if index == place[0] and start <= place[1] < end:
                        if function not in found[name]:
                            found[name].append(function)
                        break
    return {name: demangle(functions) for name, functions in found.items()}


def demangle(names: list[str]) -> list[str]:
    """Return the names as Rust source has them; c++filt knows both of Rust's manglings."""
    if not names:
        return []
    done = process.run(["c++filt"], doing="demangling", stdin="\n".join(names).encode())
    # The hash of the crate's version is noise to a reader: kernel[5e2f...]::print.
    return [re.sub(r"\[[0-9a-f]{8,}\]", "", line) for line in done.stdout.splitlines()]
