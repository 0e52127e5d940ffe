"""What is decided of a sidecar without a process: whose source, whose compiler, whose exports."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base import cache, paths
from rkmbuild.base.errors import KernelError
from rkmbuild.kernel import detect
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import KernelTree, KernelVersion, Origin
from rkmbuild.pipeline.api.upstream import exports, rustc_probe, sidecar
from rkmbuild.pipeline.api.upstream import source as sources
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from rkmbuild.toolchain.parts import Rust, Version
from tests import kernel_trees

# Of Module.symvers of Debian's 7.3.4+deb13-cloud-amd64.
_NAMES = (
    "_RINvNtCs2lKf6AS60Zg_4core9panicking13assert_failedjjEB4_",
    "_RNvMNtCs2lKf6AS60Zg_4core3stre12escape_debug",
    "rust_helper_mutex_lock",
    "_printk",
)
_SYMBOLS = {name: ExportedSymbol(name, 0, "vmlinux", True, "") for name in _NAMES}
_MADE = frozenset(_NAMES[:3])
# The head of the Makefile of that kernel's source.
_MAKEFILE = """\
# SPDX-License-Identifier: GPL-2.0
VERSION = 7
PATCHLEVEL = 3
SUBLEVEL = 4
EXTRAVERSION =
"""


@pytest.fixture
def tree(tmp_path: Path) -> KernelTree:
    build = kernel_trees.debian(tmp_path / "kernel", "7.2")
    return detect.read_tree(build, Origin.PATH)


def _sidecar(folder: Path, tree: KernelTree) -> Sidecar:
    root = paths.cache_dir() / "rust-toolchain/0123456789abcdef"
    for name in ("rustc", "cargo"):
        (root / "rkmbuild").mkdir(parents=True, exist_ok=True)
        (root / "rkmbuild" / name).touch()
    cache.finish(root)
    return Sidecar(
        folder=folder,
        release=tree.release,
        way=Way.OWN,
        why="it exports its own Rust",
        rust=Rust(
            rustc=root / "rkmbuild/rustc",
            cargo=root / "rkmbuild/cargo",
            version=Version(1, 85, 1),
            verbose="rustc 1.85.1 (4eb161250 2025-03-15)\n",
            host="x86_64-unknown-linux-gnu",
            sysroot=root / "usr",
            library=root / "usr/src/rustc-1.85.1/library",
            vendored=False,
            origin="packages:trixie",
        ),
        source="7.2.13-1",
        kernel=sidecar.identity(tree),
    )


def test_the_crate_core_is_told_by_the_kernels_symbols() -> None:
    assert rustc_probe.demanded(_NAMES) == "s2lKf6AS60Zg_"
    assert rustc_probe.demanded(["_printk"]) is None


def test_equal_exports_are_taken(tree: KernelTree) -> None:
    exports.compare(_MADE, _SYMBOLS, tree)


def test_the_first_name_that_differs_is_told(tree: KernelTree) -> None:
    with pytest.raises(KernelError, match=f"the first is {_NAMES[1]}: "):
        exports.compare(_MADE - {_NAMES[1]}, _SYMBOLS, tree)
    with pytest.raises(KernelError, match="the first is _RNew: the source exports it"):
        exports.compare({*_MADE, "_RNew"}, _SYMBOLS, tree)


def test_names_of_modules_are_none_of_the_kernels_own(tree: KernelTree) -> None:
    of_module = {"_RMod": ExportedSymbol("_RMod", 0, "drivers/x", True, "")}
    exports.compare(_MADE, {**_SYMBOLS, **of_module}, tree)


def test_a_makefile_says_the_version() -> None:
    assert sources.version_in(_MAKEFILE) == KernelVersion(7, 3, 4)
    assert sources.version_in("obj-m := x.o\n") is None


def test_another_version_is_refused_and_the_right_one_named(tree: KernelTree) -> None:
    own = sources.of_headers(tree)
    sources.check(own, tree, "it", mismatch=False)
    with pytest.raises(KernelError, match=f" are of {own}: ") as refused:
        sources.check(replace(own, patch=own.patch + 1), tree, "it", mismatch=False)
    assert f"the source of {own}" in (refused.value.hint or "")
    assert "--allow-mismatch" in (refused.value.hint or "")


def test_a_mismatch_is_another_patch_level_at_most(tree: KernelTree) -> None:
    own = sources.of_headers(tree)
    sources.check(replace(own, patch=own.patch + 1), tree, "it", mismatch=True)
    with pytest.raises(KernelError) as refused:
        sources.check(replace(own, minor=own.minor + 1), tree, "it", mismatch=True)
    assert "--allow-mismatch" not in (refused.value.hint or "")


def test_a_sidecar_is_found_by_its_kernel(empty_cache: Path, tree: KernelTree) -> None:
    assert sidecar.find(tree) is None
    made = _sidecar(empty_cache / sidecar.KIND / "fedcba9876543210", tree)
    made.folder.mkdir(parents=True)
    made.write()
    assert sidecar.find(tree) is None  # not finished
    cache.finish(made.folder)
    assert sidecar.find(tree) == made
    assert sidecar.find(replace(tree, release="7.2.14")) is None


def test_a_sidecar_without_its_toolchain_is_none(empty_cache: Path, tree: KernelTree) -> None:
    made = _sidecar(empty_cache / sidecar.KIND / "fedcba9876543210", tree)
    made.folder.mkdir(parents=True)
    made.write()
    cache.finish(made.folder)
    made.rust.rustc.unlink()
    assert sidecar.find(tree) is None


def test_a_manifest_names_what_lies_in_the_cache_by_its_place_there(
    empty_cache: Path, tree: KernelTree
) -> None:
    made = _sidecar(empty_cache / sidecar.KIND / "fedcba9876543210", tree)
    made.folder.mkdir(parents=True)
    made.write()
    text = (made.folder / sidecar.MANIFEST).read_text()
    assert str(empty_cache) not in text
    assert json.loads(text)["rust"]["rustc"].startswith("rust-toolchain/")
    assert sidecar.read(made.folder) == made
