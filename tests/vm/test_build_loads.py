"""hello_world as the README shows it: built by either compiler, loaded by either kernel."""

import json
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import old_rust, projects
from tests.cli import complaints, rkmbuild
from tests.vm import hello_world


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_hello_world_says_its_three_lines(
    kernel: KernelTree, compiler: str, tmp_path: Path
) -> None:
    says_its_three_lines(kernel, tmp_path, "--cc", compiler)


def test_hello_world_of_the_oldest_rustc_says_them_too(
    kernel_6_1: KernelTree, tmp_path: Path
) -> None:
    oldest = old_rust.rustc(min(old_rust.RELEASES))
    says_its_three_lines(kernel_6_1, tmp_path, "--toolchain", str(oldest))


def says_its_three_lines(tree: KernelTree, folder: Path, *words: str) -> None:
    built = hello_world.build(tree, folder, *words)
    assert built.returncode == 0, built.stderr
    assert not complaints(built.stderr)
    hello_world.says_its_lines(built, tree)


def test_a_module_of_the_dev_profile_loads(kernel: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "dev", "dev")
    built = rkmbuild("build", root, "-k", kernel.release, "--profile", "dev", "--json")
    assert built.returncode == 0, built.stderr
    assert not complaints(built.stderr)
    ran = rkmbuild("run", json.loads(built.stdout)["module"])
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "dev: loaded" in ran.stdout
