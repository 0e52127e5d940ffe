"""What is said of symbols of Rust that a kernel does not export.

The names are those of Debian's 7.3.4 (rustc 1.85.1), and what rustc 1.95.0 of rustup makes of a
crate `kernel` with `pub mod print { pub fn call_printk() {} }`.
"""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rkmbuild.cli import app
from rkmbuild.commands import check as command
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import demangle
from rkmbuild.verdict import check, rust_symbols
from rkmbuild.verdict.findings import Finding
from rkmbuild.verdict.target import Target
from tests import upstream_sources
from tests.cli import rkmbuild
from tests.modules import Module, Sec, Sym, kernel, module

PRINTK = "_RNvNtCsb5MLIFMWygY_6kernel5print11call_printk"
OF_ANOTHER_RUSTC = "_RNvNtCs1EKtwoKEMO2_6kernel5print11call_printk"
DEBUG_LIST = "_RNvMs9_NtCs2lKf6AS60Zg_4core3fmtNtB5_9Formatter10debug_list"
GENERIC = (
    "_RNvXs6_NtCsb5MLIFMWygY_6kernel3fmtINtB5_7AdapterRxENtNtCs2lKf6AS60Zg_4core3fmt7Display3fmt"
    "Cs79ZdUb2qTKr_12rust_minimal"
)
DEBIANS = "rustc 1.85.1 (4eb161250 2025-03-15) (built from a source tarball)"
RUSTUPS = "rustc 1.95.0 (59807616e 2026-04-14)"


def with_rust(*names: str) -> Target:
    made = kernel("7.3.4", RUST="y", RUSTC_VERSION_TEXT=DEBIANS, MODVERSIONS="")
    rust = {
        name: ExportedSymbol(name=name, crc=0, module="vmlinux", gpl=True, namespace="")
        for name in names
    }
    return Target(**{**vars(made), "exports": {**made.exports, **rust}})


def importing(*names: str) -> Module:
    return module(vermagic=with_rust().vermagic).add(*map(Sym, names))


def unknown(made: Module, target: Target) -> list[Finding]:
    found = check.judge(bytes(made), target).findings
    return [each for each in found if each.rule.id == "symbol-unknown"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        (PRINTK, ("kernel", "b5MLIFMWygY")),
        (DEBUG_LIST, ("core", "2lKf6AS60Zg")),
        ("_RNvXse_NtCsb5MLIFMWygY_6kernel3fmtbNtB5_7Display3fmt", ("kernel", "b5MLIFMWygY")),
        (GENERIC, ("kernel", "b5MLIFMWygY")),
        ("_RNvC5crate1f", ("crate", "")),
        ("_RNvC99crate1f", None),
        ("_RNv", None),
        ("_Read", None),
        ("rust_helper_mutex_lock", None),
    ],
)
def test_the_crate_of_a_name_is_the_one_that_defines_the_item(
    name: str, found: tuple[str, str] | None
) -> None:
    assert rust_symbols.crate(name) == found


def test_what_the_kernel_exports_is_resolved() -> None:
    assert not unknown(importing(PRINTK, DEBUG_LIST), with_rust(PRINTK, DEBUG_LIST))


def test_another_rustc_is_named_with_both_versions() -> None:
    compiled = Sec(".comment", f"rustc version {RUSTUPS[6:]}\0GCC: 14\0".encode(), 0)
    (found,) = unknown(importing(OF_ANOTHER_RUSTC).add(compiled), with_rust(PRINTK))
    assert found.message.startswith(
        f"unknown symbol `kernel::print::call_printk` ({OF_ANOTHER_RUSTC}): nothing exports it"
    )
    assert found.log == f"Unknown symbol {OF_ANOTHER_RUSTC} (err -2)"
    assert "the crate `kernel` here was compiled by another rustc" in found.way_out
    assert f"({RUSTUPS})" in found.way_out
    assert f"the kernel's is {DEBIANS}; build the module for this kernel" in found.way_out


def test_the_same_rustc_is_another_source() -> None:
    (found,) = unknown(importing(DEBUG_LIST), with_rust(DEBUG_LIST.replace("debug_list", "pad")))
    assert "the crate `core` here is of the module's rustc" in found.way_out
    assert "another source, or configured otherwise" in found.way_out


def test_a_crate_that_is_not_the_kernels_is_told_from_those_that_are() -> None:
    (found,) = unknown(importing("_RNvCs1_3own1f"), with_rust(PRINTK, DEBUG_LIST))
    assert "nothing of a crate `own` (of Rust it has `core`, `kernel`)" in found.way_out


@pytest.mark.parametrize("name", [PRINTK, "rust_helper_mutex_lock"])
def test_a_kernel_without_rust_is_said_to_be_one(name: str) -> None:
    (found,) = unknown(importing(name), kernel("7.3.4", MODVERSIONS=""))
    assert "the crate `kernel`" in found.way_out
    assert "part of kernels with CONFIG_RUST, and this one has none" in found.way_out


def test_a_helper_that_is_not_there_is_of_another_source() -> None:
    (found,) = unknown(importing("rust_helper_mutex_lock"), with_rust(PRINTK))
    assert found.way_out.startswith("it is a helper in C for Rust, of another source")


def test_the_bytes_before_a_function_are_named_as_it_is() -> None:
    name = "__pfx__RNvXs1a_NtCs2lKf6AS60Zg_4core3fmtRlNtB6_5Debug3fmtCs79ZdUb2qTKr_12rust_minimal"
    assert demangle.demangle([name, "__pfx_init", PRINTK]) == [
        "__pfx_<&i32 as core::fmt::Debug>::fmt",
        "__pfx_init",
        "kernel::print::call_printk",
    ]


def test_a_way_out_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    found = check.judge(bytes(importing(PRINTK, GENERIC)), kernel("7.3.4", MODVERSIONS=""))
    command._show_one(found)
    shown = capsys.readouterr().out
    assert shown.count("nothing exports it") == 2
    assert shown.count("this one has none") == 1


def test_inspect_names_imports_as_the_source_does(tmp_path: Path) -> None:
    file = tmp_path / "a.ko"
    file.write_bytes(bytes(importing(PRINTK, DEBUG_LIST)))

    def shown(*options: str) -> str:
        return CliRunner().invoke(app, ["inspect", str(file), *options]).stdout

    assert "Imports from the kernel or modules: __x86_return_thunk, _printk\n" in shown()
    assert (
        "Imports in Rust from the kernel or modules:\n"
        "  <core::fmt::Formatter>::debug_list\n  kernel::print::call_printk\n"
    ) in shown()
    assert f"  kernel::print::call_printk ({PRINTK})\n" in shown("-v")
    assert PRINTK in json.loads(shown("--json"))["imports"]["?"]


@pytest.mark.usefixtures("upstream_7_3")
def test_a_module_on_the_kernels_own_rust_is_judged_as_it_would_be_loaded(
    tmp_path: Path, kernel_7_3: KernelTree, kernel_6_12: KernelTree
) -> None:
    file = upstream_sources.one_file(tmp_path / "source")
    done = rkmbuild("build", file, "--kernel", kernel_7_3.release, "--json")
    assert done.returncode == 0, done.stderr
    made = Path(json.loads(done.stdout)["module"])

    def judged(ko: Path, tree: KernelTree) -> subprocess.CompletedProcess[str]:
        return rkmbuild("check", ko, "--kernel", tree.release)

    assert judged(made, kernel_7_3).returncode == 0
    assert "  kernel::print::call_printk\n" in rkmbuild("inspect", made).stdout

    other = made.with_name("other.ko")
    other.write_bytes(made.read_bytes().replace(PRINTK.encode(), OF_ANOTHER_RUSTC.encode()))
    refused = judged(other, kernel_7_3)
    assert refused.returncode == 40
    assert "would refuse it (ENOENT)" in refused.stdout
    assert f"unknown symbol `kernel::print::call_printk` ({OF_ANOTHER_RUSTC})" in refused.stdout
    assert "the crate `kernel` here was compiled by another rustc" in refused.stdout

    without = judged(made, kernel_6_12).stdout
    assert "the crate `kernel` is part of kernels with CONFIG_RUST, and this one has" in without
