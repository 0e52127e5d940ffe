"""Sizes and offsets of C structures, as the kernel's own compiler lays them out."""

import struct
from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import BuildError
from rkmbuild.toolchain.parts import CCompiler

_SYMBOL = "rkmbuild_layout"

Sample = tuple[tuple[str, str, tuple[str, ...]], ...]
"""What is asked: for each type its name in C, its name in Rust, and fields."""


def sample(file: Path) -> Sample:
    """Read what is to be asked: `type in C = type in Rust: field field …`, one a line."""
    rows = []
    for line in file.read_text().splitlines():
        if line and not line.startswith("#"):
            types, _, fields = line.partition(":")
            c_name, _, rust_name = types.partition("=")
            rows.append((c_name.strip(), rust_name.strip(), tuple(fields.split())))
    return tuple(rows)


def assertions(
    header: Path,
    asked: Sample,
    compiler: CCompiler,
    c_flags: Sequence[str],
    *,
    folder: Path,
    work: Path,
) -> str:
    """Return Rust that asserts, while it is compiled, what `compiler` says of a sample.

    Args:
        header: The header that declares the types.
        asked: The types and fields.
        folder: Where the compiler runs.
        work: A folder for what it needs and makes.

    Raises:
        BuildError: the compiler failed.
    """
    questions = [
        question
        for c_name, _, fields in asked
        for question in (f"sizeof({c_name})", *(f"offsetof({c_name}, {f})" for f in fields))
    ]
    source, target = work / "layout.c", work / "layout.o"
    listed = ",\n\t".join(questions)
    source.write_text(
        f'#include "{header}"\n'
        f"extern const unsigned long {_SYMBOL}[];\n"
        f"const unsigned long {_SYMBOL}[] = {{\n\t{listed}\n}};\n"
    )
    process.run(
        [compiler.path, *c_flags, "-DMODULE", "-g0", "-c", "-o", target, source],
        doing="asking the C compiler how it lays out structures",
        cwd=folder,
    )
    answers = iter(_read(target, len(questions)))
    source.unlink()
    target.unlink()
    lines = ["\n// Sizes and offsets that the kernel's own C compiler gave.", "const _: () = {"]
    for _, rust_name, fields in asked:
        lines.append(f"    assert!(::core::mem::size_of::<{rust_name}>() == {next(answers)});")
        for field in fields:
            offset = f"::core::mem::offset_of!({rust_name}, {field})"
            lines.append(f"    assert!({offset} == {next(answers)});")
    return "\n".join([*lines, "};", ""])


def _read(target: Path, count: int) -> tuple[int, ...]:
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - 50 ms that only this needs
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415

    with target.open("rb") as file:
        elf = ELFFile(file)
        table = elf.get_section_by_name(".symtab")
        symbols = table.get_symbol_by_name(_SYMBOL) if isinstance(table, SymbolTableSection) else []
        if not symbols:
            raise BuildError(f"{target.name} has no symbol {_SYMBOL}")
        data = elf.get_section(symbols[0]["st_shndx"]).data()
        start = symbols[0]["st_value"]
        return struct.unpack_from(f"<{count}Q", data, start)
