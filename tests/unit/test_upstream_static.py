"""What a kernel without Rust is told, asked and refused, before anything is compiled for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError, KernelError
from rkmbuild.kernel import detect
from rkmbuild.kernel.tree import KernelTree, KernelVersion, Origin
from rkmbuild.pipeline.api.upstream import configuration, static_rustc, static_tools
from rkmbuild.toolchain.parts import Rust, Version
from tests import kernel_trees

# What /usr/bin/rustc of Debian 12 says, and options in the form of init/Kconfig.
VERBOSE = """\
rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)
binary: rustc
commit-hash: ac68faa20c58cbccd01ee7208bf3b6e93a7d7f96
commit-date: 2026-05-25
host: x86_64-unknown-linux-gnu
release: 1.96.0
LLVM version: 22.1.8
"""
KCONFIG = """\
config RUSTC_HAS_THIS
	def_bool RUSTC_VERSION >= 108800

config RUSTC_HAS_THAT
	def_bool RUSTC_VERSION >= 109800
"""
# kbuild's command for samples/rust/rust_minimal.rs of 6.12.117, as .rust_minimal.o.cmd has it.
COMMAND = (
    "--edition=2021", "-Cpanic=abort", "--cfg", "MODULE", "@./include/generated/rustc_cfg",
    "-Zunstable-options", "--extern", "kernel", "--crate-type", "rlib", "-L", "./rust/",
    "--crate-name", "rust_minimal", "--sysroot=/dev/null", "--out-dir", "/w/",
    "--emit=dep-info=/w/.rust_minimal.o.d", "--emit=obj=/w/rust_minimal.o", "/w/rust_minimal.rs",
)  # fmt: skip


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    return detect.read_tree(kernel_trees.debian(tmp_path / "kernel"), Origin.PATH)


def test_what_the_configuration_lacks_is_said(tmp_path: Path) -> None:
    (tmp_path / "init").mkdir()
    (tmp_path / "init/Kconfig").write_text(KCONFIG)
    said = configuration.options(tmp_path, _rust(), has_rust=True)
    assert said == {
        "RUSTC_VERSION": "109600",
        "RUSTC_LLVM_VERSION": "220108",
        "RUSTC_VERSION_TEXT": f'"{VERBOSE.splitlines()[0]}"',
        "RUSTC_HAS_THIS": "y",
    }
    assert configuration.options(tmp_path, _rust(), has_rust=False) == {
        "RUST": "y",
        "RUST_IS_AVAILABLE": "y",
        "RUST_OVERFLOW_CHECKS": "y",
        **said,
    }


def test_it_takes_the_place_of_what_was_there() -> None:
    said = {"RUST": "y", "RUSTC_VERSION": "109600", "RUSTC_VERSION_TEXT": '"rustc 1.96.0"'}
    conf = "CONFIG_SMP=y\nCONFIG_RUSTC_VERSION=0\nCONFIG_RUSTC_VERSIONS=2\nCONFIG_RUSTC_HAS_IT=y\n"
    assert configuration.auto_conf(conf, said) == (
        "CONFIG_SMP=y\nCONFIG_RUSTC_VERSIONS=2\nCONFIG_RUST=y\nCONFIG_RUSTC_VERSION=109600\n"
        'CONFIG_RUSTC_VERSION_TEXT="rustc 1.96.0"\n'
    )
    cfgs = '--cfg=CONFIG_SMP\n--cfg=CONFIG_SMP="y"\n--cfg=CONFIG_RUSTC_VERSION="0"\n'
    assert configuration.rustc_cfg(cfgs, said) == (
        '--cfg=CONFIG_SMP\n--cfg=CONFIG_SMP="y"\n--cfg=CONFIG_RUST\n--cfg=CONFIG_RUST="y"\n'
        '--cfg=CONFIG_RUSTC_VERSION="109600"\n--cfg=CONFIG_RUSTC_VERSION_TEXT="rustc 1.96.0"\n'
    )


def test_a_command_of_kbuilds_says_what_is_linked() -> None:
    alone = static_rustc.asked(COMMAND, "/w/rust_minimal")
    assert alone == (Path("/w/rust_minimal.o"), Path(), True)
    assert not static_rustc.asked(COMMAND, "/w/several").alone
    with pytest.raises(BuildError):
        static_rustc.asked(("--print", "sysroot"), "")


@pytest.mark.parametrize(
    ("release", "why"),
    [("6.1.192", "one old rustc alone"), ("6.18.2", "that was done for 6.12, 7.3 alone so far")],
)
def test_kernels_for_which_it_was_not_done_are_refused(
    release: str, why: str, tree: KernelTree
) -> None:
    with pytest.raises(KernelError, match=why) as caught:
        static_tools.takes(_of(tree, release))
    assert "portable" in str(caught.value.hint)


def test_the_kernel_for_which_it_was_done_takes_debians_rustc(tree: KernelTree) -> None:
    takes = static_tools.takes(_of(tree, "6.12.117"))
    low, high = takes.rustc
    assert low <= Version(1, 85, 1) <= high


def _of(tree: KernelTree, release: str) -> KernelTree:
    return replace(tree, release=release, version=KernelVersion(*map(int, release.split("."))))


def _rust() -> Rust:
    return Rust(
        rustc=Path("/usr/bin/rustc"),
        cargo=Path("/usr/bin/cargo"),
        version=Version(1, 96, 0),
        verbose=VERBOSE,
        host="x86_64-unknown-linux-gnu",
        sysroot=Path("/usr"),
        library=Path("/usr/lib/rustlib/src/rust/library"),
        vendored=True,
        origin="PATH",
    )
