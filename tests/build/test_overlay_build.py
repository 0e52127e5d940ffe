"""The overlay at work: kbuild builds in it, and the real tree is as it was."""

import dataclasses
import hashlib
import os
import shutil
from pathlib import Path

from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain import cc
from tests import c_module


def link(source: str, target: str) -> None:
    """Give the file another name, or copy it to another file system."""
    Path(target).unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def moved(tree: KernelTree, root: Path) -> KernelTree:
    """Give the tree as it would be if its packages had been unpacked below `root`."""
    usr = next(parent for parent in tree.build.parents if parent.name == "usr")
    shutil.copytree(usr, root / "usr", symlinks=True, copy_function=link)
    there = read_tree(root / "usr" / tree.build.relative_to(usr), tree.origin)
    return dataclasses.replace(there, companions=tree.companions)


def one_folder(tree: KernelTree, root: Path) -> KernelTree:
    """Give the tree as distributions with one folder have it: source and objects together."""
    for part in (tree.build, tree.source):
        shutil.copytree(part.resolve(), root, copy_function=link, dirs_exist_ok=True)
    return read_tree(root, tree.origin)


def digest(root: Path) -> str:
    """Return a hash of all names, kinds and contents below `root`."""
    whole = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        whole.update(f"{path} {path.lstat().st_mode}".encode())
        if path.is_symlink():
            whole.update(str(path.readlink()).encode())
        elif path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()


def test_a_tree_anywhere_serves_gcc_and_clang_and_stays_as_it_was(
    kernel: KernelTree, tmp_path: Path
) -> None:
    root = tmp_path / "Kerne für uns, 内核"
    tree = moved(kernel, root)
    clang, _ = cc.choose_clang(foreign_cc.least_clang(tree))
    before = digest(root)
    assert c_module.build(tree, tmp_path / "gcc", "by_gcc").is_file()
    assert c_module.build(tree, tmp_path / "clang", "by_clang", clang).is_file()
    assert digest(root) == before


def test_a_tree_of_one_folder_serves_gcc_and_clang(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    tree = one_folder(kernel_6_12, tmp_path / "linux 6.12")
    clang, _ = cc.choose_clang(foreign_cc.least_clang(tree))
    assert c_module.build(tree, tmp_path / "gcc", "by_gcc").is_file()
    assert c_module.build(tree, tmp_path / "clang", "by_clang", clang).is_file()
