"""`rkmbuild demo`: from nothing to a Rust module that a stock kernel loads, in one command."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelTree

_EXAMPLE = "hello_world"


def demo(
    kernel: options.KernelToShow = None,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Build the hello_world example and run it in a virtual machine.

    Gets a kernel from the distribution if none with an image to boot is here; installs nothing.
    """
    from rkmbuild.commands import run
    from rkmbuild.guest import boot
    from rkmbuild.pipeline import pipeline

    console.configure(verbose=verbose, quiet=quiet)
    project = _project()
    tree = _tree(kernel)
    boot.bootable(tree)
    console.status("Chosen", f"{project} for {tree.release}")
    built = pipeline.build(pipeline.BuildRequest(path=project, kernel=str(tree.build)))
    run.load(built.module, tree, timeout=30.0)
    rust = "" if tree.config.on("RUST") else ", which was built without CONFIG_RUST"
    console.line(
        f"It works: a module written in Rust ran in the stock kernel {tree.release}{rust}."
    )


def _tree(kernel: str | None) -> "KernelTree":
    from rkmbuild.kernel import fetch, find

    if kernel:
        return find.select(kernel)
    for tree in find.find_kernels():
        if tree.image is not None and tree.image.exists():
            return tree
    return fetch.fetch()


def _project() -> Path:
    """Return the example's folder: the checkout's own, or a copy where an installed one lies.

    A project's target/ is in its folder, and where the tool is installed nothing is written.
    """
    from rkmbuild.base import cache, paths

    source = paths.data("examples") / _EXAMPLE
    if _in_checkout(source) and os.access(source, os.W_OK):
        return source
    copy = paths.cache_dir() / "demo" / _EXAMPLE
    with cache.writing(copy), cache.locked(f"{copy.parent.name}-{_EXAMPLE}"):
        shutil.copytree(source, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("target"))
        cache.finish(copy)
    return copy


def _in_checkout(source: Path) -> bool:
    return (source.parent.parent / "pyproject.toml").is_file()
