"""The loader's rules for a file's headers and tables."""

import struct
from dataclasses import replace

import pytest

from rkmbuild.ko import elf
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Severity, Verdict
from tests.modules import AX, LAYOUT, WA, A, Module, Sec, kernel, module

OLD, NEW = kernel("6.1.0"), kernel("6.12.0")
BOTH = pytest.mark.parametrize("target", [OLD, NEW], ids=["6.1", "6.12"])
THIS = ".gnu.linkonce.this_module"


def judge(made: Module | bytes, target: object = NEW) -> Verdict:
    return check.judge(bytes(made), target, explain=False)  # type: ignore[arg-type]


def refusal(made: Module | bytes, target: object = NEW) -> str | None:
    found = judge(made, target).refusal
    return found.rule.id if found else None


def rules(made: Module | bytes, target: object = NEW) -> set[str]:
    return {finding.rule.id for finding in judge(made, target).findings}


def patched(made: Module, at: int, value: bytes) -> bytes:
    data = bytearray(bytes(made))
    data[at : at + len(value)] = value
    return bytes(data)


def header_at(made: Module, number: int, field: int) -> int:
    """The offset in the file of a section header's field."""
    file = elf.Elf(bytes(made))
    return file.header.shoff + (number % file.header.shnum) * 64 + field


@BOTH
def test_a_module_of_the_kernel_loads_and_taints_as_every_module_from_outside(
    target: object,
) -> None:
    verdict = judge(module(), target)
    assert verdict.refusal is None
    assert verdict.exit_code == 0
    assert {finding.rule.id for finding in verdict.findings} == {"unsigned", "out-of-tree"}
    assert not verdict.unchecked


@BOTH
@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"type": 2}, "elf-type"),
        ({"machine": 183}, "elf-machine"),
        ({"shentsize": 56}, "elf-section-size"),
        ({"shoff": 1 << 40}, "elf-section-table"),
        ({"shnum": 5000}, "elf-section-table"),
        ({"shnum": 0}, "elf-names"),
        ({"shstrndx": 0}, "elf-names"),
        ({"shstrndx": 500}, "elf-names"),
    ],
)
def test_a_wrong_header_is_refused(target: object, values: dict[str, int], rule: str) -> None:
    assert refusal(replace(module(), extra=values), target) == rule


@BOTH
@pytest.mark.parametrize(
    ("length", "rule"), [(0, "elf-header"), (63, "elf-header"), (64, "elf-section-table")]
)
def test_a_file_that_is_cut_off_is_refused(target: object, length: int, rule: str) -> None:
    assert refusal(bytes(module())[:length], target) == rule


def test_an_empty_file_is_another_error_than_a_short_one() -> None:
    empty, short = judge(b"").refusal, judge(b"\x7fELF").refusal
    assert (empty and empty.errno, short and short.errno) == ("EINVAL", "ENOEXEC")


@BOTH
def test_a_file_that_is_no_elf_is_refused(target: object) -> None:
    assert refusal(b"#!/bin/sh\n" * 20, target) == "elf-magic"


@BOTH
@pytest.mark.parametrize("field", [4, 16, 32], ids=["type", "address", "size"])
def test_section_zero_has_to_be_empty(target: object, field: int) -> None:
    made = module()
    assert refusal(patched(made, header_at(made, 0, field), b"\1"), target) == "elf-section-zero"


@BOTH
@pytest.mark.parametrize("offset", [1 << 20, (1 << 64) - 8])
def test_a_section_has_to_lie_within_the_file(target: object, offset: int) -> None:
    made = module()
    data = patched(made, header_at(made, 1, 24), struct.pack("<Q", offset))
    assert refusal(data, target) == "elf-section-bounds"


@BOTH
def test_an_empty_table_of_names_is_refused(target: object) -> None:
    made = module()
    assert refusal(patched(made, header_at(made, -1, 32), bytes(8)), target) == "elf-names"


@BOTH
def test_a_table_of_names_without_an_end_is_refused(target: object) -> None:
    made = module()
    file = elf.Elf(bytes(made))
    end = file.sections[-1].end
    assert refusal(patched(made, end - 1, b"x"), target) == "elf-names"


def test_the_type_of_the_table_of_names_counts_from_6_4_on() -> None:
    made = module()
    data = patched(made, header_at(made, -1, 4), b"\1")
    assert refusal(data, NEW) == "elf-names"
    assert refusal(data, OLD) is None


@BOTH
def test_the_name_of_an_allocated_section_has_to_be_in_the_table(target: object) -> None:
    made = module()
    data = patched(made, header_at(made, 1, 0), struct.pack("<I", 1 << 20))
    assert refusal(data, target) == "elf-section-name"


def test_the_name_of_other_sections_counts_from_6_4_on_and_is_dangerous_before() -> None:
    made = module().add(Sec(".comment", b"x", 0))
    number = elf.Elf(bytes(made)).find(".comment", allocated=False)
    data = patched(made, header_at(made, number, 0), struct.pack("<I", 1 << 20))
    assert refusal(data, NEW) == "elf-section-name"
    assert refusal(data, OLD) is None
    assert "section-name-outside" in rules(data, OLD)
    assert judge(data, OLD).worst is Severity.DANGEROUS


def test_a_second_modinfo_section_is_refused_from_6_4_on() -> None:
    made = module().add(Sec(".modinfo", b"alias=x\0", A | 0x200000))
    assert refusal(made, NEW) == "one-modinfo"
    assert refusal(made, OLD) is None


@BOTH
def test_an_object_file_that_is_no_module_yet_is_refused(target: object) -> None:
    made = module().section(THIS, name=".data")
    assert refusal(made, target) == "this-module"


@pytest.mark.parametrize(
    "changes",
    [{"kind": elf.SHT_NOBITS, "size": LAYOUT.size}, {"flags": 1}, {"data": bytes(LAYOUT.size - 8)}],
    ids=["no contents", "not allocated", "another size"],
)
def test_struct_module_has_to_be_this_kernels_from_6_4_on(changes: dict[str, object]) -> None:
    assert refusal(module().section(THIS, **changes), NEW) == "this-module"


def test_before_6_4_a_struct_module_of_another_size_is_taken_and_dangerous() -> None:
    made = module().section(THIS, data=module().sections[7].data[:-8])
    assert refusal(made, OLD) is None
    assert "this-module-content" in rules(made, OLD)


@BOTH
def test_a_stripped_module_is_refused(target: object) -> None:
    made = module()
    number = elf.Elf(bytes(made)).find(".symtab", allocated=False)
    assert refusal(patched(made, header_at(made, number, 4), b"\1"), target) == "symbol-table"


def test_a_second_symbol_table_is_refused_from_6_4_on() -> None:
    made = module().add(Sec(".extra", bytes(24), 0, elf.SHT_PROGBITS))
    number = elf.Elf(bytes(made)).find(".extra", allocated=False)
    data = patched(made, header_at(made, number, 4), b"\2")
    assert refusal(data, NEW) == "symbol-table"


@BOTH
@pytest.mark.parametrize("link", [0, 999])
def test_the_symbols_have_to_name_their_string_table(target: object, link: int) -> None:
    made = module()
    number = elf.Elf(bytes(made)).find(".symtab", allocated=False)
    data = patched(made, header_at(made, number, 40), struct.pack("<I", link))
    assert refusal(data, target) == "string-table"


@BOTH
def test_a_section_that_is_writable_and_executable_is_refused(target: object) -> None:
    assert refusal(module().add(Sec(".evil", b"x", AX | WA)), target) == "write-and-execute"


@BOTH
@pytest.mark.parametrize(
    ("size", "rule"),
    [(2 << 30, "too-large"), (300 << 20, "much-memory"), (5 << 30, "size-wraps")],
)
def test_a_module_of_a_gigabyte_does_not_fit(target: object, size: int, rule: str) -> None:
    assert rule in rules(module().section(".bss", size=size), target)


@BOTH
@pytest.mark.parametrize("align", [3, 8192])
def test_an_alignment_that_the_loader_cannot_keep_is_dangerous(target: object, align: int) -> None:
    verdict = judge(module().add(Sec(".odd", b"x" * 8, WA, align=align)), target)
    assert verdict.worst is Severity.DANGEROUS
    assert "section-alignment" in {finding.rule.id for finding in verdict.findings}


@BOTH
def test_sections_that_share_bytes_are_dangerous(target: object) -> None:
    made = module().add(Sec(".twin", b"x" * 8, WA))
    number = elf.Elf(bytes(made)).find(".twin")
    data = patched(made, header_at(made, number, 24), struct.pack("<Q", 64))
    assert "section-overlap" in rules(data, target)


def test_two_sections_of_one_name_are_refused_by_6_12_and_crash_6_1() -> None:
    made = module().add(Sec(".data", b"1", WA), Sec(".data", b"2", A))
    assert refusal(made, NEW) == "section-twice"
    assert refusal(made, OLD) is None
    assert "section-name-twice" in rules(made, OLD)


@BOTH
def test_per_cpu_variables_have_to_fit_into_the_reserve(target: object) -> None:
    fits = module().add(Sec(".data..percpu", bytes(8192), WA))
    assert refusal(fits, target) is None
    assert refusal(module().add(Sec(".data..percpu", bytes(8193), WA)), target) == "percpu-size"


def test_the_class_of_the_file_is_a_note_as_the_loader_does_not_look() -> None:
    verdict = judge(patched(module(), 4, b"\1"))
    assert "elf-class" in {finding.rule.id for finding in verdict.findings}
    assert verdict.exit_code == 0


def test_constructors_of_two_kinds_are_refused_where_the_kernel_calls_them() -> None:
    made = module().add(Sec(".ctors", bytes(8), WA), Sec(".init_array", bytes(8), WA))
    assert refusal(made, kernel(CONSTRUCTORS="y")) == "constructors"
    assert refusal(made, NEW) is None


@BOTH
@pytest.mark.parametrize(
    "sec",
    [Sec(".text.lost", b"\x90" * 4, elf.SHF_EXECINSTR), Sec("__jump_table", bytes(16), A)],
    ids=["code that is not loaded", "a table that cannot be written"],
)
def test_flags_that_do_not_fit_the_section_are_dangerous(target: object, sec: Sec) -> None:
    assert "section-flags" in rules(module().add(sec), target)
