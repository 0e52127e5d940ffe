"""The loader's rules for symbols, and what is said of those that nobody exports."""

import os
import struct
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.ko import elf
from rkmbuild.verdict import check, renames, suggestions, target
from rkmbuild.verdict.findings import Finding, Severity, Verdict
from rkmbuild.verdict.target import Target
from tests.modules import JUMP_AT, A, Module, Reloc, Sec, Sym, kernel, module, versions
from tests.rule_breakers import exporting

NEW = kernel("6.12.0")


def judge(made: Module | bytes, target: Target = NEW, *, explain: bool = False) -> Verdict:
    return check.judge(bytes(made), target, explain=explain)


def refusal(made: Module | bytes, target: Target = NEW) -> tuple[str, str] | None:
    found = judge(made, target).refusal
    return (found.rule.id, found.errno) if found else None


def finding(verdict: Verdict, rule: str) -> Finding:
    return next(found for found in verdict.findings if found.rule.id == rule)


def importing(name: str, crc: int = -1, **fields: str) -> Module:
    made = module(**fields).add(Sym(name))
    return made.section("__versions", data=versions(**{name: crc}))


def test_a_symbol_that_nobody_exports_is_refused() -> None:
    found = judge(importing("no_such_thing")).refusal
    assert found
    assert (found.rule.id, found.errno) == ("symbol-unknown", "ENOENT")
    assert found.log == "Unknown symbol no_such_thing (err -2)"


def test_a_weak_symbol_may_stay_unknown() -> None:
    assert refusal(module().add(Sym("no_such_thing", binding=elf.STB_WEAK))) is None


def test_what_old_assemblers_leave_behind_may_stay_unknown() -> None:
    assert refusal(module().add(Sym("_GLOBAL_OFFSET_TABLE_"))) is None


def test_gpl_only_symbols_are_for_gpl_modules() -> None:
    assert refusal(importing("gpl_only", 0x3333)) is None
    made = importing("gpl_only", 0x3333, license="Proprietary")
    assert refusal(made) == ("symbol-gpl-only", "ENOENT")


def test_symbols_of_a_namespace_are_for_modules_that_import_it() -> None:
    assert refusal(importing("in_a_space", 0x4444, import_ns="A_SPACE")) is None
    assert refusal(importing("in_a_space", 0x4444)) == ("symbol-namespace", "EINVAL")
    assert refusal(importing("in_a_space", 0x4444, import_ns="OTHER")) is not None
    lax = kernel(MODULE_ALLOW_MISSING_NAMESPACE_IMPORTS="y")
    assert refusal(importing("in_a_space", 0x4444), lax) is None


def test_a_symbol_of_another_type_is_refused() -> None:
    found = judge(importing("gpl_only", 0x9999)).refusal
    assert found
    assert (found.rule.id, found.errno) == ("symbol-version", "EINVAL")
    assert found.log == "disagrees about version of symbol gpl_only"


def test_a_crc_that_is_not_carried_is_refused_by_debian_and_let_go_by_mainline() -> None:
    assert refusal(importing("gpl_only")) == ("symbol-version", "EINVAL")
    assert refusal(importing("gpl_only"), kernel(CC_VERSION_TEXT="gcc 13 (SUSE)")) is None


def test_extended_versions_are_read_from_6_14_on() -> None:
    names = b"module_layout\0_printk\0__x86_return_thunk\0"
    made = module().add(
        Sec("__version_ext_crcs", struct.pack("<III", 0x1111, 0x9999, 0x6666), A),
        Sec("__version_ext_names", names, A),
    )
    assert refusal(made, kernel("6.12.0")) is None
    assert refusal(made, kernel("6.14.0")) == ("symbol-version", "EINVAL")


def test_common_symbols_are_refused_unless_they_mark_lto() -> None:
    assert refusal(module().add(Sym("c", shndx=elf.SHN_COMMON))) == ("symbol-common", "ENOEXEC")
    assert refusal(module().add(Sym("__gnu_lto_v1", shndx=elf.SHN_COMMON))) is None


def test_a_symbol_in_a_section_that_is_not_there_is_refused() -> None:
    assert refusal(module().add(Sym("lost", shndx=99))) == ("symbol-section", "ENOEXEC")
    assert refusal(module().add(Sym("absolute", shndx=elf.SHN_ABS, value=5))) is None


def test_the_error_is_that_of_the_last_symbol_that_fails() -> None:
    made = module().add(Sym("no_such_thing"), Sym("c", shndx=elf.SHN_COMMON))
    assert refusal(made) == ("symbol-common", "ENOEXEC")


def test_a_name_outside_the_table_is_dangerous() -> None:
    data = bytearray(bytes(module()))
    file = elf.Elf(bytes(data))
    table = file.sections[file.find(".symtab", allocated=False)]
    data[table.offset + 24 : table.offset + 28] = struct.pack("<I", 1 << 24)
    assert judge(bytes(data)).worst is Severity.DANGEROUS


def test_a_symbol_that_was_renamed_says_since_when_and_who_asks_for_it() -> None:
    jump = (Reloc(JUMP_AT, 4, "__kmalloc", -4),)
    made = module().add(Sym("__kmalloc")).section(".text", relocs=jump)
    found = finding(judge(made, explain=True), "symbol-unknown")
    assert "renamed in 6.10 to `__kmalloc_noprof`" in found.way_out
    assert found.place == "cleanup_module"


def test_a_symbol_that_is_misspelt_is_told_its_neighbours() -> None:
    found = finding(judge(importing("raid_things"), explain=True), "symbol-unknown")
    assert found.way_out == "this kernel exports `raid_thing`"


@pytest.mark.parametrize(
    ("name", "found"),
    [("printk", ["_printk"]), ("kmallok_array", ["kmalloc_array"]), ("zzz_zzz", [])],
)
def test_names_that_are_near_are_found(name: str, found: list[str]) -> None:
    exports = ["_printk", "kmalloc_array", "kfree", "vfree", "platform_driver_register"]
    assert suggestions.near(name, exports) == found


def test_a_name_has_one_row_in_the_table_of_renamed_symbols() -> None:
    rows = [row.old for row in renames.table()]
    assert len(rows) == len(set(rows))


def test_modules_that_export_what_is_imported_are_named() -> None:
    assert judge(importing("raid_thing", 0x5555)).needs == ("md_mod",)


def test_an_export_that_is_the_kernels_own_is_refused() -> None:
    assert refusal(exporting("mine")) is None
    assert refusal(exporting("_printk")) == ("export-duplicate", "ENOEXEC")


def test_a_symbol_of_the_kernels_own_rust_may_be_in_a_module_that_does_not_export_it() -> None:
    name = "_RNvNtCs1_4core9panicking5panic"
    own = {name: ExportedSymbol(name, 0, "vmlinux", gpl=True, namespace="")}
    known = replace(NEW, exports={**NEW.exports, **own})
    brought = module().add(Sym(name, ".text", type=elf.STT_FUNC))
    assert judge(brought, known).refusal is None
    verdict = judge(exporting(name), known)
    assert verdict.refusal
    assert verdict.refusal.rule.id == "export-duplicate"


def test_an_export_that_another_loaded_module_has_is_refused() -> None:
    assert refusal(exporting("raid_thing")) is None
    known = replace(NEW, loaded=frozenset({"md_mod"}))
    verdict = judge(exporting("raid_thing"), known)
    assert verdict.refusal
    assert verdict.refusal.log == "exports duplicate symbol raid_thing (owned by md_mod)"


def test_exports_without_crcs_are_forced_where_the_kernel_allows_it() -> None:
    made = exporting("mine").section("__kcrctab", flags=0)
    assert finding(judge(made), "forced").log == "no versions for exported symbols: kernel tainted"
    assert refusal(made, kernel(MODULE_FORCE_LOAD="")) == ("export-versions", "ENOEXEC")


def test_an_export_carries_its_crc_and_whom_it_is_for() -> None:
    made = exporting("mine").section("__kcrctab", data=struct.pack("<I", 0x9ABC))
    (export,) = judge(made).exports
    assert export == ExportedSymbol("mine", 0x9ABC, "tiny", gpl=False, namespace="")


def test_what_a_module_loaded_before_exports_is_resolved_with_its_crc() -> None:
    exports = judge(exporting("mine").section("__kcrctab", data=b"\1\0\0\0")).exports
    known = NEW.having("other", exports)
    assert "other" in known.loaded
    assert refusal(importing("mine", 1), known) is None
    assert refusal(importing("mine", 2), known) == ("symbol-version", "EINVAL")


def test_of_what_a_loaded_module_exports_the_name_is_enough() -> None:
    known = replace(NEW, loaded_exports=frozenset({"mine"}))
    assert refusal(importing("mine", 1), known) is None
    assert refusal(importing("yours", 1), known) == ("symbol-unknown", "ENOENT")


# Recorded from Debian's 6.12, where EXPORT_SYMBOL(relay_greet) is in one module and
# EXPORT_SYMBOL_GPL(greeter_greet) in another.
_KALLSYMS = """\
ffffffffa8a00000 T _text
ffffffffc0602040 r __ksymtab_greeter_greet\t[greeter]
ffffffffc0600010 t greeter_greet\t[greeter]
ffffffffc0600080 t greeter_exit\t[greeter]
ffffffffc0610010 T relay_greet\t[relay]
ffffffffc0620010 T raid_thing\t[md_mod]
"""


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"KALLSYMS_ALL": "y"}, {"greeter_greet", "relay_greet"}),
        (
            {"KALLSYMS_ALL": ""},
            {"greeter_greet", "greeter_exit", "relay_greet", "__ksymtab_greeter_greet"},
        ),
    ],
)
def test_the_exports_of_loaded_modules_are_read_from_kallsyms(
    config: dict[str, str],
    expected: set[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = os.uname().release
    known = replace(kernel(**config), release=release)
    monkeypatch.setattr(target, "of", lambda _tree: known)
    (tmp_path / "proc").mkdir()
    loaded = "".join(f"{name} 1 0 - Live 0x0\n" for name in ("greeter", "relay", "md_mod"))
    (tmp_path / "proc/modules").write_text(loaded)
    (tmp_path / "proc/kallsyms").write_text(_KALLSYMS)
    found = target.running(SimpleNamespace(release=release), root=tmp_path)  # type: ignore[arg-type]
    assert found.loaded_exports == expected


@pytest.mark.parametrize("name", ["gpl_onlyy", "kmalloc", "nothing_like_it"])
def test_a_kernel_that_trims_its_exports_is_named_as_the_cause(name: str) -> None:
    trimming = kernel("6.12.0", TRIM_UNUSED_KSYMS="y")
    told = finding(judge(importing(name), trimming, explain=True), "symbol-unknown").way_out
    assert "CONFIG_TRIM_UNUSED_KSYMS is the cause" in told
    plain = finding(judge(importing(name), explain=True), "symbol-unknown").way_out
    assert "TRIM_UNUSED_KSYMS" not in plain
    # What else the kernel has is told as well.
    assert plain.startswith(("this kernel exports", "renamed")) is ("; CONFIG_TRIM" in told)
