"""Tables that the kernel reads after the relocations, and where init and exit lead."""

import pytest

from rkmbuild.arch import architectures
from rkmbuild.arch.arch import Arch
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Finding, Severity, Verdict
from rkmbuild.verdict.target import Target
from tests.modules import AX, ENDBR, FUNCTION, LAYOUT, WA, Module, Reloc, Sec, Sym, kernel, module

OLD, NEW = kernel("6.1.0"), kernel("6.12.0")
THIS = ".gnu.linkonce.this_module"
INIT, EXIT = Reloc(LAYOUT.init_at, 1, "init_module"), Reloc(LAYOUT.exit_at, 1, "cleanup_module")


def judge(made: Module | bytes, target: Target = NEW) -> Verdict:
    return check.judge(bytes(made), target, explain=False)


def found(verdict: Verdict, rule: str) -> Finding | None:
    return next((finding for finding in verdict.findings if finding.rule.id == rule), None)


def table(name: str, size: int, *relocs: Reloc, flags: int = 2) -> Module:
    code = b"\x0f\x0b\xf0\x90\xe8" + bytes(3) + ENDBR + b"\x90" * 20
    return module().add(
        Sec(".text.sites", code, AX, align=16),
        Sec(name, bytes(size), flags, align=4, relocs=relocs),
        Sym("sites", ".text.sites"),
    )


@pytest.mark.parametrize(
    ("made", "right"),
    [
        (table("__bug_table", 12, Reloc(0, 2, "sites"), Reloc(4, 2, "_printk")), True),
        (table("__bug_table", 12, Reloc(0, 2, "sites", 1), Reloc(4, 2, "_printk")), False),
        (table("__bug_table", 12, Reloc(0, 2, "sites")), False),
        (table("__bug_table", 13, Reloc(0, 2, "sites"), Reloc(4, 2, "_printk")), False),
        (table(".smp_locks", 4, Reloc(0, 2, "sites", 2)), True),
        (table(".smp_locks", 4, Reloc(0, 2, "sites", 3)), False),
        (table(".return_sites", 4, Reloc(0, 2, "sites", 4)), True),
        (table(".return_sites", 4, Reloc(0, 2, "sites", 2)), False),
        (table(".ibt_endbr_seal", 4, Reloc(0, 2, "sites", 8)), True),
        (table(".ibt_endbr_seal", 4, Reloc(0, 2, "sites", 9)), False),
        (table(".ibt_endbr_seal", 4, Reloc(0, 2, "_printk")), False),
        (table("__ex_table", 12, Reloc(0, 2, "sites"), Reloc(4, 2, "sites", 32)), True),
        (table("__ex_table", 12, Reloc(0, 2, "sites"), Reloc(4, 2, "sites", 999)), False),
        (table("__param", 40, *(Reloc(at, 1, "_printk") for at in (0, 8, 16, 32))), True),
        (table("__param", 40, Reloc(0, 1, "_printk"), Reloc(8, 1, "_printk")), False),
        (table("__param", 40, *(Reloc(at, 1, "_printk") for at in (0, 8, 16, 24))), False),
    ],
)
def test_a_table_is_dangerous_where_a_pointer_is_missing_or_leads_astray(
    made: Module, right: bool
) -> None:
    finding = found(judge(made), "special-section")
    assert (finding is None) == right, finding


def test_the_size_of_an_alternative_grew_in_6_3() -> None:
    made = table(".altinstructions", 12, Reloc(0, 2, "sites"), Reloc(4, 2, "sites"))
    assert found(judge(made, OLD), "special-section") is None
    assert found(judge(made, NEW), "special-section")


def test_orc_needs_as_many_entries_as_addresses() -> None:
    finding = found(judge(module().section(".orc_unwind", data=bytes(12))), "special-section")
    assert finding
    assert finding.place == ".orc_unwind"


def test_code_without_orc_is_a_note() -> None:
    made = module().section(".orc_unwind_ip", flags=0)
    finding = found(judge(made), "no-orc")
    assert finding
    assert finding.severity is Severity.NOTE


def test_values_in_struct_module_are_dangerous_as_the_kernel_takes_them_for_its_own() -> None:
    body = bytearray(LAYOUT.size)
    body[24:28] = b"tiny"
    assert found(judge(module().section(THIS, data=bytes(body))), "this-module-content") is None
    for at in (0, 23, 100, LAYOUT.size - 1):
        changed = bytearray(body)
        changed[at] = 1
        made = module().section(THIS, data=bytes(changed), relocs=())
        assert found(judge(made), "this-module-content"), at


@pytest.mark.parametrize(
    ("relocs", "rule"),
    [
        ((Reloc(LAYOUT.init_at, 1, "cleanup_module"), EXIT), None),
        ((Reloc(LAYOUT.init_at, 1, "init_module", 4), EXIT), "entry-points"),
        ((Reloc(LAYOUT.init_at, 1, "_printk"), EXIT), "entry-points"),
        ((INIT, EXIT, Reloc(8, 1, "init_module")), "this-module-content"),
        ((INIT,), "no-exit"),
        ((), None),
    ],
)
def test_init_and_exit_are_functions_of_the_module(
    relocs: tuple[Reloc, ...], rule: str | None
) -> None:
    verdict = judge(module().section(THIS, relocs=relocs))
    rules = {finding.rule.id for finding in verdict.findings} - {"unsigned", "out-of-tree"}
    assert rules == ({rule} if rule else set())


def test_struct_module_has_to_be_writable_data() -> None:
    assert found(judge(module().section(THIS, flags=2)), "this-module-content")
    assert found(judge(module().section(THIS, flags=WA)), "this-module-content") is None


@pytest.mark.parametrize("arch", architectures.ALL, ids=str)
def test_every_entry_has_its_pointers_within_its_size(arch: Arch) -> None:
    for name, known in arch.tables.items():
        assert all(at < known.size for at in (*known.pointers, *known.others)), name
        assert known.source, name
    assert FUNCTION.startswith(ENDBR)
