"""The example that the demonstration runs: what it is, in which kernel, and where it is built."""

import os
import shutil
from pathlib import Path

from rkmbuild.base import cache, console, paths
from rkmbuild.guest import boot
from rkmbuild.kernel import fetch, find
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import pipeline

_EXAMPLE = "hello_world"


def module(kernel: str | None = None) -> tuple[Path, KernelTree]:
    """Build the example, and return its module and the kernel to run it in.

    Args:
        kernel: As `find.select` takes it; without it the first of those here that has an image to
            boot, and one of the distribution's where none has.

    Raises:
        KernelError, FetchError, MachineError, and others of a build.
    """
    tree = _tree(kernel)
    boot.bootable(tree)
    project = _project()
    console.status("Chosen", f"{project} for {tree.release}")
    built = pipeline.build(pipeline.BuildRequest(path=project, kernel=str(tree.build)))
    return built.module, tree


def _tree(kernel: str | None) -> KernelTree:
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
