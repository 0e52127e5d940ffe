"""A project made by `rkmbuild new`, on its way through a booted kernel."""

from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.project import new
from rkmbuild.project.naming import LONGEST
from tests.cli import complaints, rkmbuild

_SAYS = ["Hello kernel module!", "My message is on the heap!", "Goodbye kernel module!"]


@pytest.mark.parametrize("cc", ["gcc", "clang"])
def test_a_new_project_loads_prints_and_unloads_as_it_is(
    tmp_path: Path, kernel: KernelTree, cc: str
) -> None:
    root = tmp_path / "my-module"
    assert rkmbuild("new", root, "--author", "").returncode == 0
    built = rkmbuild("build", root, "--kernel", kernel.release, "--cc", cc)
    assert built.returncode == 0, built.stderr
    assert not complaints(built.stderr)
    module = root / "target" / "rkmbuild" / kernel.release / "my_module.ko"
    done = rkmbuild("run", module)
    assert done.returncode == 0, done.stdout + done.stderr
    printed = [line.partition("my_module: ")[2] for line in done.stdout.splitlines()]
    assert [line for line in printed if line in _SAYS] == _SAYS


def test_the_longest_name_loads(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    name = ("long_" * LONGEST)[: LONGEST - 1] + "x"
    new.create(new.NewRequest(path=tmp_path / name, author=""))
    done = rkmbuild("run", tmp_path / name, "--kernel", kernel_6_12.release)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: Goodbye kernel module!" in done.stdout


def test_a_name_that_is_refused_is_one_that_the_kernel_would_refuse(
    kernel_6_12: KernelTree, tmp_path: Path
) -> None:
    new.create(new.NewRequest(path=tmp_path / "hello", author=""))
    for name in ("Cargo.toml", "src/lib.rs"):
        file = tmp_path / "hello" / name
        text = file.read_text()
        file.write_text(
            text.replace('name = "hello"', 'name = "nvme"').replace('"hello"', '"nvme"')
        )
    done = rkmbuild("run", tmp_path / "hello", "--kernel", kernel_6_12.release)
    assert done.returncode == 21, done.stdout + done.stderr
    assert "nvme: module is already loaded" in done.stdout + done.stderr
