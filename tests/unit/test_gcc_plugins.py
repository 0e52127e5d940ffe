"""Kernels with plugins of gcc: which gcc loads them, and what is said where none can."""

from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import Kconfig, KernelTree, Origin
from rkmbuild.pipeline import gcc_plugins
from rkmbuild.toolchain.parts import CCompiler, Version
from tests import kernel_trees

PLUGINS = """\
gcc-plugin-$(CONFIG_GCC_PLUGIN_LATENT_ENTROPY)\t+= latent_entropy_plugin.so
gcc-plugin-$(CONFIG_GCC_PLUGIN_STACKLEAK)\t+= stackleak_plugin.so
"""


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    """Debian's 6.12, which gcc 12.2.0 built, as if it had been built with one plugin."""
    tree = read_tree(kernel_trees.debian(tmp_path, "6.12"), Origin.PATH)
    (tree.source / "scripts/Makefile.gcc-plugins").write_text(PLUGINS)
    options = {**tree.config, "GCC_PLUGINS": "y", "GCC_PLUGIN_STACKLEAK": "y"}
    return replace(tree, config=Kconfig(options))


def compiler(kind: str, *version: int) -> CCompiler:
    return CCompiler(
        path=Path(f"/usr/bin/{kind}"), kind=kind, version=Version(*version), text="of a test"
    )


def test_plugins_that_are_not_there_are_named(tree: KernelTree) -> None:
    with pytest.raises(ToolchainError) as caught:
        gcc_plugins.check(compiler("gcc", 12, 2, 0), tree)
    assert caught.value.code == 5
    assert "CONFIG_GCC_PLUGINS" in caught.value.message
    assert "lacks scripts/gcc-plugins/stackleak_plugin.so" in caught.value.message
    assert "latent_entropy" not in caught.value.message
    assert "--cc clang" in str(caught.value.hint)


def test_plugins_are_loaded_by_the_very_gcc_that_they_were_made_for(tree: KernelTree) -> None:
    folder = tree.build / "scripts/gcc-plugins"
    folder.mkdir()
    (folder / "stackleak_plugin.so").touch()
    gcc_plugins.check(compiler("gcc", 12, 2, 0), tree)
    with pytest.raises(ToolchainError, match=r"gcc 12\.2\.0 alone loads them"):
        gcc_plugins.check(compiler("gcc", 12, 3, 0), tree)


def test_clang_needs_none_and_a_kernel_without_them_asks_for_none(tree: KernelTree) -> None:
    gcc_plugins.check(compiler("clang", 19, 1, 7), tree)
    without = replace(tree, config=Kconfig({**tree.config, "GCC_PLUGINS": ""}))
    gcc_plugins.check(compiler("gcc", 14, 2, 0), without)
