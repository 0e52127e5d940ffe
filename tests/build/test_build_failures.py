"""What a user meets when a build cannot be had: whose words come first, and which exit status."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rkmbuild.base.errors import BuildError, ProjectError, StorageError
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import rkmbuild


def refused(root: Path, tree: KernelTree, *words: str, **more: dict[str, str]) -> tuple[int, str]:
    done = rkmbuild("build", root, "--kernel", tree.release, *words, env=more.get("env"))
    assert "Traceback" not in done.stderr
    assert not list((root / "target" / "rkmbuild").glob("*/*.ko")) or done.returncode == 0
    return done.returncode, done.stderr


def test_rustc_speaks_first_when_the_crate_does_not_compile(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p", body='let x: u32 = "text"; let _ = x;')
    status, said = refused(root, kernel_6_12)
    assert status == BuildError.code
    assert said.index("error[E0308]") < said.index("error: cargo could not build sample")
    assert "src/lib.rs" in said


def test_a_symbol_that_the_kernel_lacks_is_named_with_the_function_that_asks_for_it(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    before = """
        extern "C" { fn no_such_symbol(); }
        #[inline(never)]
        fn asks() { unsafe { no_such_symbol() } }
    """
    root = projects.make(tmp_path / "p", body="asks();", before=before)
    status, said = refused(root, kernel_6_12)
    assert status == BuildError.code
    assert "the kernel exports no symbol `no_such_symbol`" in said
    assert "`no_such_symbol` is needed by sample::asks" in said


def test_a_c_file_that_does_not_compile_is_told_by_its_compiler(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    metadata = '\n[package.metadata.rkmbuild]\nc-sources = ["src/shim.c"]\n'
    root = projects.make(tmp_path / "p", manifest=metadata)
    (root / "src" / "shim.c").write_text("int shim(void) { return missing; }\n")
    status, said = refused(root, kernel_6_12)
    assert status == BuildError.code
    assert said.index("shim.c:1") < said.index("error: linking sample.ko")


def test_a_crate_that_needs_std_is_told_by_rustc(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "p", before="extern crate std;")
    status, said = refused(root, kernel_6_12)
    assert status == BuildError.code
    assert "std" in said


def test_a_header_that_is_not_there_is_named(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    metadata = '\n[package.metadata.rkmbuild]\nheaders = ["linux/no_such_header.h"]\n'
    root = projects.make(tmp_path / "p", manifest=metadata)
    status, said = refused(root, kernel_6_12)
    assert status == BuildError.code
    assert "linux/no_such_header.h" in said


def test_a_path_that_make_cannot_name_is_refused(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "with space")
    status, said = refused(root, kernel_6_12)
    assert status == ProjectError.code
    assert "with space" in said


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few files; mounting it needs root."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "none", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def test_a_full_disk_under_the_target_is_said(kernel_6_12: KernelTree, small_disk: Path) -> None:
    root = projects.make(small_disk / "p")
    status, said = refused(root, kernel_6_12)
    assert status in (StorageError.code, BuildError.code)
    assert "No space left" in said or "no space left" in said


def test_a_full_disk_under_the_cache_is_said(
    kernel_6_12: KernelTree, small_disk: Path, tmp_path: Path
) -> None:
    root = projects.make(tmp_path / "p")
    done = rkmbuild(
        "build", root, "--kernel", kernel_6_12.build, env={"RKMBUILD_CACHE_DIR": str(small_disk)}
    )
    assert done.returncode == StorageError.code, done.stderr
    assert "no space left" in done.stderr.lower()


def test_a_source_folder_that_is_read_only_is_said(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can mount a folder read-only")
    root = projects.make(tmp_path / "p")
    subprocess.run(["mount", "--bind", root, root], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", root], check=True)
        status, said = refused(root, kernel_6_12)
    finally:
        subprocess.run(["umount", root], check=True)
    assert status == StorageError.code
    assert "Read-only file system" in said
