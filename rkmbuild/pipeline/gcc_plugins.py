"""Plugins of gcc that a kernel was built with: kbuild loads them for each C file of a module."""

import re

from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain.parts import CCompiler

# `gcc-plugin-$(CONFIG_GCC_PLUGIN_STACKLEAK) += stackleak_plugin.so`, 4.20 and later
_PLUGIN = re.compile(r"^gcc-plugin-\$\(CONFIG_(\w+)\)\s*\+=\s*(\S+\.so)", re.MULTILINE)
_FOLDER = "scripts/gcc-plugins"


def check(compiler: CCompiler, tree: KernelTree) -> None:
    """Refuse a gcc that cannot load the plugins of a kernel, before kbuild does for the first file.

    Raises:
        ToolchainError: they are not there, or were made for another gcc.
    """
    plugins = _plugins(tree)
    if compiler.kind != "gcc" or not plugins:
        return
    what = f"{tree.release} was built with plugins of gcc (CONFIG_GCC_PLUGINS)"
    lacking = [name for name in plugins if not (tree.build / _FOLDER / name).is_file()]
    if lacking:
        problem = f"its tree lacks {', '.join(f'{_FOLDER}/{name}' for name in lacking)}"
    elif compiler.version != tree.compiler.version:
        # plugin_default_version_check (gcc-plugin.h), which scripts/gcc-plugins/gcc-common.h asks
        own = ".".join(map(str, tree.compiler.version))
        problem = f"gcc {own} alone loads them; {compiler.path} is {compiler.version}"
    else:
        return
    raise ToolchainError(f"{what}, and {problem}", hint="`--cc clang` builds without them")


def _plugins(tree: KernelTree) -> list[str]:
    if not tree.config.on("GCC_PLUGINS"):
        return []
    try:
        text = (tree.source / "scripts/Makefile.gcc-plugins").read_text(errors="surrogateescape")
    except OSError:
        return []
    return [name for option, name in _PLUGIN.findall(text) if tree.config.on(option)]
