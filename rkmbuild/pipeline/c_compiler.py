"""Which C compiler a module is built with, and why that one."""

from typing import NamedTuple

from rkmbuild.arch import architectures
from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.companions import Companions
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain import cc, gcc
from rkmbuild.toolchain.parts import CCompiler, Version


class Chosen(NamedTuple):
    """The C compiler for one kernel.

    Attributes:
        compiler: The compiler.
        foreign: Whether it is of another kind than the one that built the kernel.
        why: In words, what `build -v` and `doctor` say.
    """

    compiler: CCompiler
    foreign: bool
    why: str


def choose(wanted: str, tree: KernelTree) -> Chosen:
    """Return the compiler for `tree`.

    It is the one that built the kernel, under whatever name it is here or was fetched; else the
    nearest gcc of the same major version; else clang, and where that is not there, the nearest gcc.

    Args:
        wanted: `auto`, `gcc` or `clang`.

    Raises:
        ToolchainError: there is none that can build for this kernel.
    """
    if tree.compiler.kind == "clang":
        return _for_clangs_kernel(wanted, tree)
    match = None if wanted == "clang" else own(tree)
    if match and (match.same_major or wanted == "gcc"):
        return Chosen(match.compiler, False, match.why)
    if wanted == "gcc":
        raise ToolchainError(
            f"{tree.compiler.command}, which built {tree.release}, is not installed, and no other"
            " gcc is",
            hint="`rkmbuild doctor` says what installs it",
        )
    try:
        found, _ = cc.choose_clang(foreign_cc.least_clang(tree))
    except ToolchainError:
        if match is None:
            raise
        return Chosen(match.compiler, False, f"{match.why}; there is no clang to use instead")
    if wanted == "clang":
        return Chosen(found, True, "asked for")
    return Chosen(
        found, True, f"no gcc {tree.compiler.version[0]}, which built the kernel, is here"
    )


def own(tree: KernelTree) -> gcc.Match | None:
    """Return the gcc that comes nearest to the one that built `tree`, fetched ones included.

    Raises:
        ToolchainError: the one that the kernel names cannot be asked what it is.
    """
    arch = architectures.find(tree.arch)
    fetched = Companions(root=tree.companions).compiler if tree.companions else None
    found = gcc.nearest(
        tree.compiler.command,
        Version(*tree.compiler.version),
        tree.compiler.text,
        arch.names.uname if arch else tree.arch,
        [fetched] if fetched else [],
    )
    if found and found.compiler.path == fetched:
        return found._replace(why=f"{found.why}, fetched with it")
    return found


def _for_clangs_kernel(wanted: str, tree: KernelTree) -> Chosen:
    if wanted == "gcc":
        raise ToolchainError(f"{tree.release} was built by clang, and gcc cannot build for it")
    found = cc.find_compiler(tree.compiler.command)
    if found:
        return Chosen(found, False, "called as the compiler that built the kernel")
    found, _ = cc.choose_clang(foreign_cc.least_clang(tree))
    return Chosen(found, False, f"{tree.compiler.command}, which built the kernel, is not here")
