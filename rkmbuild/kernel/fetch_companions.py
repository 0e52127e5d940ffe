"""Gets along with a kernel what its tools and its compiler need where this machine is older."""

from collections.abc import Sequence
from pathlib import Path

from rkmbuild.arch import architectures
from rkmbuild.base import cache, console
from rkmbuild.base.errors import FetchError
from rkmbuild.distro.source import Download, KernelSource, Package
from rkmbuild.kernel import companions
from rkmbuild.kernel.companions import Companions
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import gcc

FOLDER = "companions"


def bring(
    tree: KernelTree,
    packages: Sequence[Package],
    source: KernelSource,
    root: Path,
    *,
    with_compiler: bool,
) -> Sequence[Download]:
    """Get what `tree` needs beside its own packages, if anything, into a folder below `root`.

    Args:
        tree: The kernel, just unpacked below `root`.
        packages: What it was unpacked from.
        source: Where from.
        with_compiler: Whether to get the kernel's compiler where this machine's gcc is older.

    Returns:
        What was got.

    Raises:
        FetchError: it could not be got, or is not all that is needed.
        StorageError: there is no space for it.
    """
    needed = _needed(tree)
    compiler = _older_than(tree) if with_compiler else None
    if not needed and not compiler:
        return []
    wanted = _wanted(source, packages, compiler, tree, libraries=bool(needed))
    if not wanted:
        if needed:
            console.note(
                f"{needed[0].name} of {tree.release} does not run on this machine, and "
                f"{source.name} has no packages with what it needs"
            )
        return []
    what = f"{compiler} and what " if compiler else "what "
    size = sum(package.size for package in wanted) / 1e6
    with console.step("Fetching", f"{what}its tools need here ({size:.0f} MB)"):
        got = _download(source, wanted, root / FOLDER)
    there = Companions(root=root / FOLDER)
    there.check([tree.build / tool for tool in needed])
    if compiler and any(each.package.name == compiler for each in got):
        there.add_compiler(tree.compiler.command, compiler)
    return got


def are_missing(tree: KernelTree, *, with_compiler: bool) -> bool:
    """Tell whether a fetched kernel lacks what would be got along with it today.

    Args:
        tree: The kernel.
        with_compiler: Whether its compiler is missed as well.
    """
    there = Companions(root=tree.companions) if tree.companions else None
    if there is None and _needed(tree):
        return True
    return bool(with_compiler and _older_than(tree) and not (there and there.compiler))


def _needed(tree: KernelTree) -> list[Path]:
    """Return the tools that this machine cannot start, of those that every module needs."""
    return [tool for tool in companions.unfit(tree.build) if companions.is_needed(tool)]


def _older_than(tree: KernelTree) -> str | None:
    """Return the package of the kernel's gcc, if that is newer than all of this machine's."""
    arch = architectures.find(tree.arch)
    if tree.compiler.kind != "gcc" or arch is not architectures.host():
        return None
    newest = gcc.newest(arch.names.uname)
    major = tree.compiler.version[0]
    return f"gcc-{major}" if newest and newest.major < major else None


def _wanted(
    source: KernelSource,
    packages: Sequence[Package],
    compiler: str | None,
    tree: KernelTree,
    *,
    libraries: bool,
) -> Sequence[Package]:
    """Return what to get; without the compiler where the source has none, which is told."""
    if compiler:
        try:
            return source.companions(packages, compiler)
        except FetchError as error:
            console.note(f"{error.message}, which built {tree.release}; clang can stand in for it")
    return source.companions(packages) if libraries else []


def _download(source: KernelSource, wanted: Sequence[Package], folder: Path) -> Sequence[Download]:
    folder.mkdir()
    with cache.temporary() as downloads:
        got = source.download(wanted, downloads)
        for each in got:
            source.unpack(each.file, folder)
            each.file.unlink()
    return got
