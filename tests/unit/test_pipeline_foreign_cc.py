"""Clang for a kernel of gcc's: what make is told, and which clang is refused."""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.overlay import Overlay
from rkmbuild.kernel.tree import Kconfig, KernelTree, KernelVersion, Origin
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain.clang_flags import Dropped, Replaced, Translation
from rkmbuild.toolchain.parts import CCompiler, Version
from tests import kernel_trees


def clang(major: int) -> CCompiler:
    return CCompiler(
        path=Path(f"/usr/bin/clang-{major}"),
        kind="clang",
        version=Version(major, 0, 6),
        text=f"Debian clang version {major}.0.6",
    )


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    """Debian's 6.12, with its recorded configuration."""
    return read_tree(kernel_trees.debian(tmp_path, "6.12"), Origin.PATH)


def overlay_of(tree: KernelTree) -> Overlay:
    return Overlay(build=tree.build, source=tree.source, key="k", tree=tree, header=None)


def changed(tree: KernelTree, **options: str) -> KernelTree:
    return replace(tree, config=Kconfig({**tree.config, **options}))


def test_a_clang_without_the_kernels_mitigations_is_refused_with_their_names(
    tree: KernelTree,
) -> None:
    with pytest.raises(ToolchainError) as caught:
        foreign_cc.variables(overlay_of(tree), clang(14), {})
    assert "-mfunction-return=thunk-extern (CONFIG_MITIGATION_RETHUNK)" in caught.value.message
    assert "-mharden-sls=all (CONFIG_MITIGATION_SLS)" in caught.value.message
    assert "clang 15 or later" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("version", "options", "least"),
    [
        ("6.1.0", {}, Version(11)),
        ("6.12.0", {}, Version(13, 0, 1)),
        ("6.1.0", {"RETHUNK": "y"}, Version(15)),
        ("6.12.0", {"MITIGATION_SLS": "y", "X86_KERNEL_IBT": "y"}, Version(15)),
        ("6.1.0", {"X86_KERNEL_IBT": "y"}, Version(14)),
        ("7.2.13", {}, Version(17, 0, 1)),
    ],
)
def test_the_least_clang_follows_the_kernel_and_its_configuration(
    version: str, options: dict[str, str], least: Version, tree: KernelTree
) -> None:
    wanted = replace(tree, version=KernelVersion.parse(version), config=Kconfig(options))
    assert foreign_cc.least_clang(wanted) == least


@pytest.mark.parametrize("arch", ["aarch64", "riscv64"])
def test_a_clang_for_another_architecture_needs_none_of_its_mitigations(
    arch: str, tree: KernelTree
) -> None:
    options = Kconfig({"RETHUNK": "y", "FUNCTION_TRACER": "y", "STACKPROTECTOR_STRONG": "y"})
    wanted = replace(tree, arch=arch, version=KernelVersion.parse("6.1.0"), config=options)
    assert foreign_cc.least_clang(wanted) == Version(11)


def test_kbuild_is_told_of_clang_in_place_of_gcc() -> None:
    config = Kconfig({"CC_IS_GCC": "y", "CC_IMPLICIT_FALLTHROUGH": "-Wimplicit-fallthrough=5"})
    assert foreign_cc.compiler_answers(config, clang(19)) == {
        "CC": "/usr/bin/clang-19",
        "CONFIG_CC_IS_CLANG": "y",
        "CONFIG_CC_IS_GCC": "",
        "CONFIG_CLANG_VERSION": "190006",
        "CONFIG_GCC_VERSION": "0",
        "CONFIG_CC_VERSION_TEXT": "Debian clang version 19.0.6",
        "CONFIG_CC_IMPLICIT_FALLTHROUGH": "-Wimplicit-fallthrough",
    }


@pytest.mark.parametrize(("major", "needed"), [(15, True), (16, False)])
def test_up_to_clang_15_zeroed_variables_need_their_second_flag(major: int, needed: bool) -> None:
    answers = foreign_cc.compiler_answers(Kconfig({"INIT_STACK_ALL_ZERO": "y"}), clang(major))
    assert ("CONFIG_CC_HAS_AUTO_VAR_INIT_ZERO_ENABLER" in answers) is needed


def test_calls_of_ftrace_are_listed_by_a_tool_that_leaves_them_in_place() -> None:
    by_gcc = {"FTRACE_MCOUNT_USE_CC": "y"}
    old = foreign_cc.compiler_answers(Kconfig(by_gcc), clang(15))
    objtool_can = Kconfig({**by_gcc, "HAVE_OBJTOOL_NOP_MCOUNT": "y"})
    new = foreign_cc.compiler_answers(objtool_can, clang(15))
    assert old["CONFIG_FTRACE_MCOUNT_USE_RECORDMCOUNT"] == "y"
    assert old["CONFIG_FTRACE_MCOUNT_USE_OBJTOOL"] == ""
    assert new["CONFIG_FTRACE_MCOUNT_USE_RECORDMCOUNT"] == ""
    assert new["CONFIG_FTRACE_MCOUNT_USE_OBJTOOL"] == "y"
    assert new["CONFIG_HAVE_OBJTOOL_NOP_MCOUNT"] == ""
    assert "CONFIG_FTRACE_MCOUNT_USE_CC" not in foreign_cc.compiler_answers(Kconfig({}), clang(15))


def test_flags_that_are_left_over_are_taken_away_and_replaced() -> None:
    translation = Translation(
        kept=("-O2", "--param", "kept=1", "-Wimplicit-fallthrough"),
        dropped=(Dropped("-fconserve-stack", "…"), Dropped("--param gone=1", "…")),
        replaced=(Replaced("-Wimplicit-fallthrough=5", "-Wimplicit-fallthrough"),),
    )
    assert foreign_cc.removals(translation, Path("/c/c.h")) == {
        "RKMBUILD_CFLAGS_REMOVE": "-fconserve-stack --param gone=1 -Wimplicit-fallthrough=5",
        "RKMBUILD_CFLAGS_ADD": "--param kept=1 -Wimplicit-fallthrough -include /c/c.h",
    }
