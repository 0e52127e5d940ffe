"""How a function's address is taken: what examples/adder says of code for shared libraries."""

from pathlib import Path

import pytest

from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.base import process
from rkmbuild.ko import elf, places
from rkmbuild.toolchain import rust

_SOURCE = """\
#![no_std]
#[no_mangle]
#[inline(never)]
pub extern "C" fn add(one: u64, other: u64) -> u64 {
    one.wrapping_add(other)
}
#[no_mangle]
pub extern "C" fn pointer() -> extern "C" fn(u64, u64) -> u64 {
    add
}
#[no_mangle]
pub extern "C" fn call() -> u64 {
    add(2, 3) + 1
}
"""


def relocations(folder: Path, *model: str) -> dict[str, str]:
    """Return the type of relocation by which each function gets at `add`, as rustc compiles it."""
    source, made = folder / "adder.rs", folder / "adder.o"
    source.write_text(_SOURCE)
    words = ("--crate-type=lib", "--emit=obj", "-O", *(f"-C{option}" for option in model))
    chosen, _ = rust.choose()
    process.run([chosen.rustc, source, "-o", made, *words], doing="compiling a test")
    file = elf.Elf(made.read_bytes())
    known = places.of(file)
    found = {}
    for table in file.sections:
        if table.type != elf.SHT_RELA or not file.sections[table.info].executable:
            continue
        for offset, kind, symbol, _ in file.relocations(table).rows():
            if known.name(known.symbols[symbol]) == "add":
                found[known.function_at(table.info, offset)] = X86_64.relocations.names[kind]
    return found


def test_an_address_comes_from_a_table_that_a_kernel_has_not(tmp_path: Path) -> None:
    found = relocations(tmp_path, "relocation-model=pic")
    assert found["pointer"] in {"GOTPCREL", "REX_GOTPCRELX"}
    numbers = {name: number for number, name in X86_64.relocations.names.items()}
    assert numbers[found["pointer"]] in X86_64.relocations.got
    assert numbers[found["pointer"]] not in X86_64.relocations.applied


@pytest.mark.parametrize("function", ["pointer", "call"])
def test_code_of_the_kernels_model_has_it_in_the_instruction(tmp_path: Path, function: str) -> None:
    found = relocations(tmp_path, "relocation-model=static", "code-model=kernel")
    assert found[function] == {"pointer": "32S", "call": "PLT32"}[function]
