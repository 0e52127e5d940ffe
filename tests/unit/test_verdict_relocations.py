"""The loader's rules for relocations, with its arithmetic."""

import pytest

from rkmbuild.ko import elf
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Severity, Verdict
from rkmbuild.verdict.target import Target
from tests.modules import AX, WA, Module, Reloc, Sec, Sym, kernel, module

OLD, NEW = kernel("6.1.0"), kernel("6.12.0")
BOTH = pytest.mark.parametrize("target", [OLD, NEW], ids=["6.1", "6.12"])
BIG = 1 << 40


def judge(made: Module | bytes, target: Target = NEW) -> Verdict:
    return check.judge(bytes(made), target, explain=False)


def refusal(made: Module | bytes, target: Target = NEW) -> str | None:
    found = judge(made, target).refusal
    return found.rule.id if found else None


def rules(made: Module | bytes, target: Target = NEW) -> set[str]:
    return {finding.rule.id for finding in judge(made, target).findings}


def with_relocs(*relocs: Reloc, data: bytes = bytes(32), kind: int = elf.SHT_PROGBITS) -> Module:
    sec = Sec(".data", data if kind != elf.SHT_NOBITS else b"", WA, kind, 8, relocs, len(data))
    return module().add(sec, Sym("here", ".data"), Sym("absolute", shndx=elf.SHN_ABS, value=8))


@BOTH
@pytest.mark.parametrize("kind", [0, 1, 2, 4, 11, 24], ids=str)
def test_the_types_that_the_loader_knows_are_applied(target: Target, kind: int) -> None:
    assert refusal(with_relocs(Reloc(8, kind, "here")), target) is None


@BOTH
@pytest.mark.parametrize("kind", [9, 41, 42, 23, 19, 12, 14, 26, 255], ids=str)
def test_other_types_are_refused_by_name_and_function(target: Target, kind: int) -> None:
    made = module().section(".text", relocs=(Reloc(7, kind, "_printk", -4),))
    found = judge(made, target).refusal
    assert found
    assert (found.rule.id, found.place) == ("relocation-type", "cleanup_module")
    assert found.log == f"Unknown rela relocation: {kind}"


def test_a_got_relocation_says_which_setting_makes_it() -> None:
    found = judge(module().section(".text", relocs=(Reloc(7, 9, "_printk", -4),))).refusal
    assert found
    assert "R_X86_64_GOTPCREL to `_printk`" in found.message
    assert "relro-level" in found.way_out


@BOTH
def test_a_place_that_is_not_zero_is_refused(target: Target) -> None:
    made = with_relocs(Reloc(8, 1, "here"), data=b"\0" * 8 + b"\1" + b"\0" * 23)
    assert refusal(made, target) == "relocation-nonzero"


@BOTH
def test_what_is_left_of_a_distance_in_a_place_depends_on_where_the_module_lies(
    target: Target,
) -> None:
    # 7.3 has text after tables like .return_sites: the uppermost byte of the distance is zero.
    verdict = judge(with_relocs(Reloc(5, 2, "here"), Reloc(8, 2, "here")), target)
    assert verdict.refusal is None
    assert not verdict.certain
    assert "relocation-overlap" in {finding.rule.id for finding in verdict.findings}
    lower = judge(with_relocs(Reloc(8, 2, "here"), Reloc(5, 2, "here")), target)
    assert lower.refusal


@BOTH
def test_a_place_that_is_filled_twice_is_refused(target: Target) -> None:
    assert refusal(with_relocs(Reloc(8, 1, "here"), Reloc(12, 2, "here")), target) is not None


@BOTH
@pytest.mark.parametrize(
    ("reloc", "rule"),
    [
        (Reloc(8, 10, "here"), "relocation-overflow"),  # a kernel address does not fit into 32
        (Reloc(8, 10, "absolute"), None),
        (Reloc(8, 11, "here", BIG), "relocation-overflow"),
        (Reloc(8, 11, "absolute", (1 << 31) - 9), None),
        (Reloc(8, 11, "absolute", 1 << 31), "relocation-overflow"),
    ],
)
def test_what_does_not_fit_is_refused(target: Target, reloc: Reloc, rule: str | None) -> None:
    assert refusal(with_relocs(reloc), target) == rule


@BOTH
def test_a_distance_that_does_not_fit_is_cut_off_by_the_loader_and_dangerous(
    target: Target,
) -> None:
    verdict = judge(with_relocs(Reloc(8, 2, "here", BIG)), target)
    assert verdict.refusal is None
    assert "relocation-truncated" in {finding.rule.id for finding in verdict.findings}


@BOTH
@pytest.mark.parametrize("offset", [29, 32, 1 << 40])
def test_a_place_outside_its_section_is_dangerous(target: Target, offset: int) -> None:
    verdict = judge(with_relocs(Reloc(offset, 2, "here")), target)
    assert "relocation-place" in {finding.rule.id for finding in verdict.findings}
    assert verdict.worst is Severity.DANGEROUS


@BOTH
def test_a_symbol_outside_the_table_is_dangerous(target: Target) -> None:
    data = bytearray(bytes(with_relocs(Reloc(8, 2, "here"))))
    file = elf.Elf(bytes(data))
    table = file.sections[file.find(".rela.data", allocated=False)]
    data[table.offset + 12 : table.offset + 16] = b"\xff\xff\0\0"
    assert "relocation-symbol" in rules(bytes(data), target)


@BOTH
def test_relocations_without_addends_are_refused(target: Target) -> None:
    data = bytearray(bytes(with_relocs(Reloc(8, 2, "here"))))
    file = elf.Elf(bytes(data))
    number = file.find(".rela.data", allocated=False)
    data[file.header.shoff + 64 * number + 4] = elf.SHT_REL
    assert refusal(bytes(data), target) == "relocation-rel"


@BOTH
def test_relocations_of_what_is_not_loaded_are_left_alone(target: Target) -> None:
    debug = Sec(".debug_info", bytes(8), 0, relocs=(Reloc(500, 99, "_printk"),))
    assert refusal(module().add(debug), target) is None


@BOTH
def test_relocations_of_zeroed_memory_are_applied(target: Target) -> None:
    assert refusal(with_relocs(Reloc(8, 1, "here"), kind=elf.SHT_NOBITS), target) is None


@BOTH
def test_relocations_of_per_cpu_variables_are_skipped_and_dangerous(target: Target) -> None:
    made = module().add(Sec(".data..percpu", bytes(8), WA, relocs=(Reloc(0, 1, "_printk"),)))
    assert "relocation-skipped" in rules(made, target)


@BOTH
def test_a_call_into_the_middle_of_a_function_is_dangerous(target: Target) -> None:
    text = module().sections[0].data
    made = module().section(".text", data=text, relocs=(Reloc(7, 4, "_printk", 60),))
    assert "call-target" in rules(made, target)


@BOTH
def test_a_function_that_begins_within_another_is_dangerous(target: Target) -> None:
    made = module().add(Sym("inner", ".text", 4, 40, elf.STT_FUNC))
    assert "symbol-overlap" in rules(made, target)


@BOTH
@pytest.mark.parametrize(
    "sym",
    [Sym("far", ".text", 4096, 0, elf.STT_FUNC), Sym("odd", ".rodata", 0, 4, elf.STT_FUNC)],
    ids=["behind the end", "function in data"],
)
def test_a_symbol_that_is_not_where_it_says_is_dangerous(target: Target, sym: Sym) -> None:
    assert "symbol-outside" in rules(module().add(sym), target)


def test_code_with_both_widths_is_judged_entry_by_entry() -> None:
    sec = Sec(".mixed", bytes(64), AX, relocs=(Reloc(0, 1, "here"), Reloc(12, 2, "here")))
    assert refusal(module().add(sec, Sym("here", ".mixed"))) is None


@BOTH
def test_what_is_loaded_refers_only_to_what_is_loaded(target: Target) -> None:
    lost = Sec(".lost", bytes(8), 0)
    sec = Sec(".data", bytes(8), WA, relocs=(Reloc(0, 1, "gone"),), align=8)
    made = module().add(lost, sec, Sym("gone", ".lost"))
    assert "relocation-target" in rules(made, target)
