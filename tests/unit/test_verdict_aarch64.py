"""Modules of another architecture are judged by its own rules, and its code is left unchecked."""

from dataclasses import replace

import pytest

from rkmbuild.arch.aarch64 import AARCH64
from rkmbuild.ko import elf
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.target import Target
from tests.modules import AX, LAYOUT, WA, Module, Reloc, Sec, Sym, kernel, modinfo, versions

BRANCH = bytes.fromhex("00000014")  # b .
PACIASP, RET = bytes.fromhex("3f2303d5"), bytes.fromhex("c0035fd6")
ABS64, ABS32, ABS16, PREL32, ADRP, CALL26, TSTBR14, GOT, TLS = (
    257, 258, 259, 261, 275, 283, 279, 311, 541
)  # fmt: skip
_CONFIG = {
    "ARM64_BTI_KERNEL": "y", "UNWINDER_ORC": "", "X86_KERNEL_IBT": "", "MITIGATION_SLS": "",
    "MITIGATION_RETPOLINE": "", "MITIGATION_RETHUNK": "",
}  # fmt: skip
KERNEL = replace(kernel(**_CONFIG), arch=AARCH64)


def module(*relocs: Reloc, text: bytes = PACIASP + BRANCH + RET) -> Module:
    """A module of aarch64 with some relocations in its data."""
    return Module(
        sections=(
            Sec(".text", text, AX, align=16, relocs=(Reloc(4, CALL26, "_printk"),)),
            Sec(".init.text", PACIASP + RET, AX, align=16),
            Sec(".data", bytes(64), WA, align=8, relocs=relocs),
            Sec(".modinfo", modinfo(retpoline="-")),
            Sec("__versions", versions(__x86_return_thunk=-1)),
            Sec(
                ".gnu.linkonce.this_module",
                bytes(LAYOUT.name_at) + b"tiny" + bytes(LAYOUT.size - LAYOUT.name_at - 4),
                WA,
                align=64,
                relocs=(
                    Reloc(LAYOUT.init_at, ABS64, "init_module"),
                    Reloc(LAYOUT.exit_at, ABS64, "cleanup_module"),
                ),
            ),
        ),
        symbols=(
            Sym("cleanup_module", ".text", 0, 12, elf.STT_FUNC),
            Sym("init_module", ".init.text", 0, 8, elf.STT_FUNC),
            Sym("_printk"),
            Sym("absolute", shndx=elf.SHN_ABS, value=8),
        ),
        extra={"machine": AARCH64.elf_machine},
    )


def judge(made: Module, target: Target = KERNEL) -> Verdict:
    return check.judge(bytes(made), target, explain=False)


def rules(made: Module) -> set[str]:
    return {finding.rule.id for finding in judge(made).findings} - {"unsigned", "out-of-tree"}


def test_a_sound_module_is_loaded_and_its_code_is_said_to_be_unchecked() -> None:
    verdict = judge(module())
    assert {finding.rule.id for finding in verdict.findings} == {"unsigned", "out-of-tree"}
    assert verdict.unchecked == ("code: nothing here reads instructions of aarch64",)


def test_a_module_for_another_machine_is_told_by_number_and_name() -> None:
    found = judge(module(), kernel()).refusal
    assert found
    assert found.message == "the object is for machine 183, and the kernel's is 62 (x86_64)"


@pytest.mark.parametrize(
    ("reloc", "rule"),
    [
        (Reloc(0, ABS64, "_printk"), None),
        (Reloc(0, PREL32, "_printk"), None),
        (Reloc(0, ABS32, "absolute"), None),
        (Reloc(0, ABS32, "_printk"), "relocation-overflow"),
        (Reloc(0, ABS16, "absolute", 0xFFFF - 8), None),
        (Reloc(0, ABS16, "absolute", 0x10000 - 8), "relocation-overflow"),
        (Reloc(0, TSTBR14, "_printk"), "relocation-overflow"),
        (Reloc(0, ADRP, "_printk"), None),
        (Reloc(0, ADRP, "_printk", 1 << 33), "relocation-overflow"),
        (Reloc(0, GOT, "_printk"), "relocation-type"),
        (Reloc(0, TLS, "_printk"), "relocation-type"),
        (Reloc(62, ABS32, "absolute"), "relocation-place"),
    ],
    ids=str,
)
def test_its_relocations_are_applied_by_its_loaders_rules(reloc: Reloc, rule: str | None) -> None:
    assert rules(module(reloc)) == ({rule} if rule else set())


def test_a_branch_that_leads_too_far_goes_through_one_that_the_loader_makes() -> None:
    assert rules(module(Reloc(0, CALL26, "_printk", 1 << 31))) == set()


def test_an_unknown_type_is_named_as_its_psabi_and_its_loader_do() -> None:
    found = judge(module(Reloc(0, GOT, "_printk"))).refusal
    assert found
    assert "R_AARCH64_ADR_GOT_PAGE to `_printk`" in found.message
    assert found.log == f"unsupported RELA relocation: {GOT}"


def test_a_function_whose_address_is_taken_begins_with_a_landing_pad_of_its_own() -> None:
    taken = Reloc(0, ABS64, "cleanup_module")
    assert rules(module(taken)) == set()
    found = judge(module(taken, text=RET + BRANCH + RET)).findings
    (missing,) = (finding for finding in found if finding.rule.id == "missing-endbr")
    assert missing.message == "the address of 1 functions is taken, and they have no BTI"
