"""Links a project's crate with what it uses of the upstream one, for a kernel without Rust.

cargo has made a library of the crate and one of each crate that it is built on. As where the kernel
has Rust, all of the first goes in, and of the others what it asks for; then it is one object of
Rust, with which is done what is done with one that rustc has made of a single file.
"""

from collections.abc import Sequence
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.kernel import overlay, symvers
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import linked
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar


def join(
    library: Path,
    beside: Sequence[Path],
    place: Path,
    *,
    sidecar: Sidecar,
    tree: KernelTree,
    more: Sequence[Path],
    alone: bool,
) -> Path:
    """Link a crate; return the object, which asks for symbols of the kernel alone.

    Args:
        library: The crate's library.
        beside: The libraries of the crates that it is built on.
        place: Where the object goes.
        sidecar: The upstream crate for the kernel.
        tree: The kernel.
        more: Files that say what other external modules export.
        alone: Whether there is no C in the module that the crate could ask for something.

    Raises:
        BuildError: it uses what this kernel does not export, and what nothing stands in for.
    """
    process.run(
        [
            "ld", "-r", "-o", place, "--whole-archive", library, "--no-whole-archive",
            "--start-group", *beside, "--end-group",
        ],
        doing="linking the crates",
    )  # fmt: skip
    files = (*([tree.symvers] if tree.symvers else ()), *more)
    linked.link(
        place,
        sidecar.crates,
        exported={name for file in files for name in symvers.load(file)},
        alone=alone,
        release=tree.release,
    )
    return place


def objtree(tree: KernelTree, sidecar: Sidecar, *, foreign_compiler: bool) -> Path:
    """Return the kernel's objtree as it would be, had the kernel been built with Rust.

    Raises:
        KernelError: the tree lacks something.
        StorageError: the cache cannot be written, or lies where kbuild cannot work.
    """
    return overlay.prepare(tree, foreign_compiler=foreign_compiler, over=sidecar.objtree).build
