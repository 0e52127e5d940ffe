"""What kernels later than 6.12 look at in a module, and those before do not."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.ko import elf
from rkmbuild.verdict import check, target
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.target import Target
from tests.modules import AX, WA, A, Module, Reloc, Sec, Sym, kernel, module
from tests.rule_breakers import exporting

FORMER, NEW = kernel("6.12.0"), kernel("7.3.0")


def judge(made: Module | bytes, known: Target = NEW) -> Verdict:
    return check.judge(bytes(made), known, explain=False)


def refusal(made: Module | bytes, known: Target = NEW) -> tuple[str, str, str] | None:
    found = judge(made, known).refusal
    return (found.rule.id, found.errno, found.log) if found else None


def rules(made: Module | bytes, known: Target = NEW) -> set[str]:
    return {finding.rule.id for finding in judge(made, known).findings}


def changed(made: Module, section: str, at: int, value: bytes) -> bytes:
    """The module with bytes in a section changed; from its end for a place below 0."""
    data = bytearray(bytes(made))
    file = elf.Elf(bytes(data))
    found = file.sections[file.find(section, allocated=False)]
    start = found.offset + at + (found.size if at < 0 else 0)
    data[start : start + len(value)] = value
    return bytes(data)


def flagged(name: str, flags: bytes) -> Module:
    """A module that exports a symbol with these flags."""
    return exporting(name).add(Sec("__kflagstab", flags))


def test_a_module_as_kbuild_makes_it_loads() -> None:
    assert rules(module()) == {"unsigned", "out-of-tree"}


@pytest.mark.parametrize(
    ("at", "value", "log"),
    [
        (0, b"x", "symbol string table missing leading NUL"),
        (-1, b"x", "symbol string table isn't NUL terminated"),
    ],
)
def test_the_symbols_string_table_begins_and_ends_with_nul(at: int, value: bytes, log: str) -> None:
    data = changed(module(), ".strtab", at, value)
    assert refusal(data) == ("string-table", "ENOEXEC", log)
    assert refusal(data, kernel("6.13.0")) == ("string-table", "ENOEXEC", log)
    assert "string-table" not in rules(data, FORMER)


def test_a_symbols_name_lies_in_the_table() -> None:
    data = changed(module(), ".symtab", elf.SYMBOL_SIZE, struct.pack("<I", 1 << 24))
    assert refusal(data) == ("string-table", "ENOEXEC", "")
    assert "string-outside" in rules(data, FORMER)


@pytest.mark.parametrize("present", ["__version_ext_crcs", "__version_ext_names"])
def test_extended_versions_have_both_their_tables(present: str) -> None:
    made = module().add(Sec(present, bytes(4), A))
    assert refusal(made, kernel("6.14.0")) == ("extended-versions", "ENOEXEC", "")
    assert refusal(made, FORMER) is None


@pytest.mark.parametrize(
    ("names", "refused"), [(b"a\0b\0", False), (b"a\0b", True), (b"a\0", True), (b"\0\0", False)]
)
def test_each_extended_crc_has_a_name(names: bytes, refused: bool) -> None:
    crcs = struct.pack("<II", 1, 2)
    made = module().add(Sec("__version_ext_crcs", crcs, A), Sec("__version_ext_names", names, A))
    found = judge(made, kernel("7.3.0", MODVERSIONS="")).refusal
    assert (found.rule.id if found else None) == ("extended-versions" if refused else None)


def test_a_symbol_that_extended_versions_leave_out_is_taken() -> None:
    made = module().add(
        Sec("__version_ext_crcs", struct.pack("<I", 0x1111), A),
        Sec("__version_ext_names", b"module_layout\0", A),
    )
    assert refusal(made) is None


def test_exports_want_flags_from_7_1_on() -> None:
    made = exporting("mine")
    log = "no flags for exported symbols"
    assert refusal(made) == ("export-flags", "ENOEXEC", log)
    assert refusal(made, FORMER) is None
    assert refusal(flagged("mine", b"\0")) is None
    assert "special-section" in rules(flagged("mine", b""))
    assert "special-section" not in rules(flagged("mine", b"\0"))


def test_flags_say_who_may_use_an_export_from_7_1_on() -> None:
    for flags, gpl in ((b"\0", False), (b"\1", True), (b"\2", False), (b"\3", True)):
        assert [found.gpl for found in judge(flagged("mine", flags)).exports] == [gpl]
        assert [found.gpl for found in judge(flagged("mine", flags), FORMER).exports] == [False]


def test_a_table_of_gpl_only_exports_is_left_out_from_7_1_on() -> None:
    made = exporting("_printk").section("__ksymtab", name="__ksymtab_gpl")
    assert judge(made).exports == ()
    assert refusal(made) is None
    assert refusal(made, FORMER) is not None


@pytest.mark.parametrize(
    ("version", "header", "expected"),
    [
        ("7.1.0", None, True),
        ("7.0.0", None, False),
        # One that a distribution changed says so itself.
        ("6.18.0", '".section \\"___kflagstab+" #sym', True),
        ("7.3.0", '".section \\"___ksymtab_gpl+" #sym', False),
    ],
)
def test_whether_a_kernel_has_flags_is_in_its_headers(
    version: str, header: str | None, expected: bool, tmp_path: Path
) -> None:
    class Tree:
        source = tmp_path

    Tree.version = KernelVersion.parse(version)  # type: ignore[attr-defined]
    if header is not None:
        (tmp_path / "include/linux").mkdir(parents=True)
        (tmp_path / "include/linux/export-internal.h").write_text(header)
    assert target._flags_exports(Tree) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("space", "open_to_it"),
    [
        ("module:tiny", True),
        ("module:other,tiny", True),
        ("module:ti*", True),
        ("module:other,t*", True),
        ("module:tin", False),
        ("module:tiny-more", False),
        ("module:TINY", False),
        ("tiny", False),
        ("module:", False),
    ],
)
def test_a_namespace_may_list_the_modules_that_use_its_symbols(
    space: str, open_to_it: bool
) -> None:
    listed = {"listed": ExportedSymbol("listed", 0, "vmlinux", gpl=True, namespace=space)}
    known = replace(NEW, exports={**NEW.exports, **listed}, config=kernel(MODVERSIONS="").config)
    found = refusal(module(vermagic=NEW.vermagic).add(Sym("listed")), known)
    assert (found[:2] if found else None) == (
        None if open_to_it else ("symbol-namespace", "EINVAL")
    )


def test_a_dash_in_a_list_of_modules_is_an_underscore() -> None:
    body = bytearray(module().sections[7].data)
    body[24:32] = b"ti_ny_x\0"
    named = module().section(".gnu.linkonce.this_module", data=bytes(body)).add(Sym("listed"))
    for space in ("module:ti-ny-x", "module:ti_ny-*"):
        listed = {"listed": ExportedSymbol("listed", 0, "vmlinux", gpl=True, namespace=space)}
        known = replace(
            NEW, exports={**NEW.exports, **listed}, config=kernel(MODVERSIONS="").config
        )
        assert refusal(named, known) is None


def test_a_list_of_modules_is_not_imported_from_6_16_on() -> None:
    made = module(import_ns="module:tiny")
    log = "module tries to import module namespace: module:tiny"
    assert refusal(made, kernel("6.16.0")) == ("namespace-of-modules", "EPERM", log)
    assert refusal(made, FORMER) is None


def test_per_cpu_variables_are_relocated_from_6_17_on() -> None:
    made = module().add(Sec(".data..percpu", bytes(8), WA, relocs=(Reloc(0, 1, "_printk"),)))
    assert "relocation-skipped" not in rules(made, kernel("6.17.0"))
    assert "relocation-skipped" in rules(made, FORMER)
    # A distance is one from the copy of the file, which is thrown away.
    made = module().add(Sec(".data..percpu", bytes(8), WA, relocs=(Reloc(0, 2, "_printk"),)))
    assert "relocation-truncated" in rules(made)
    made = module().add(Sec(".data..percpu", b"\1" * 8, WA, relocs=(Reloc(0, 1, "_printk"),)))
    assert "relocation-nonzero" in rules(made)


def test_the_entry_of_a_bug_has_a_format_from_6_19_on() -> None:
    def table(size: int, *relocs: Reloc) -> Module:
        return module().add(
            Sec(".text.sites", b"\x0f\x0b\xe8" + bytes(4), AX, align=16),
            Sec("__bug_table", bytes(size), WA, align=4, relocs=relocs),
            Sym("sites", ".text.sites"),
        )

    former = table(12, Reloc(0, 2, "sites"), Reloc(4, 2, "_printk"))
    made = table(16, Reloc(0, 2, "sites", 2), Reloc(4, 2, "_printk"), Reloc(8, 2, "_printk"))
    for known, right, wrong in ((FORMER, former, made), (kernel("6.19.0"), made, former)):
        assert "special-section" not in rules(right, known)
        assert "special-section" in rules(wrong, known)


def test_locks_are_no_longer_patched_from_7_3_on() -> None:
    made = module().add(Sec(".smp_locks", bytes(3)))
    assert "special-section" in rules(made, kernel("7.2.0"))
    assert "special-section" not in rules(made)
