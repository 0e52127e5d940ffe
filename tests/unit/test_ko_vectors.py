"""Which instructions use vector registers, and which function they are in."""

import pytest

from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.ko import vectors
from rkmbuild.ko.vectors import Use
from tests.modules import AX, ENDBR, Module, Sec, Sym, module


def code(text: str, *symbols: Sym) -> bytes:
    """A module with one more section of code: `endbr64`, then the given bytes, then `int3`."""
    body = ENDBR + bytes.fromhex(text) + b"\xcc"
    return bytes(module().add(Sec(".text.more", body, AX, align=16), *symbols))


def uses(data: bytes) -> list[Use]:
    found = vectors.functions(data)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "instruction"),
    [
        ("c5f877", "vzeroupper"),
        ("0f77", "emms"),
        ("c5f892c9", "kmovw k1,ecx"),
        ("0fae10", "ldmxcsr [rax]"),
        ("dbe3", "fninit"),
    ],
)
def test_the_state_behind_the_registers_counts_as_they_do(text: str, instruction: str) -> None:
    (use,) = uses(code(text, Sym("more", ".text.more", 0, 9, 2)))
    assert (use.function, use.instruction, use.count) == ("more", instruction, 1)


def test_assembly_that_does_not_call_its_labels_functions_is_named_all_the_same() -> None:
    labels = (
        Sym("first", ".text.more", 0, 0, 0, binding=1),
        Sym("second", ".text.more", 8, 0, 0, binding=1),
        Sym("_second", ".text.more", 8, 0, 0, binding=1),
    )
    found = uses(code("660fefc0" + "660fefc9" * 2, *labels))
    assert [(use.function, use.count) for use in found] == [("first", 1), ("second", 2)]


def test_a_module_without_them_has_none() -> None:
    assert uses(bytes(module())) == []


def test_a_module_whose_instructions_nothing_reads_is_not_said_to_have_none() -> None:
    arm = Module(module().sections, module().symbols, {"machine": AARCH64.elf_machine})
    assert vectors.functions(bytes(arm)) is None
