"""Dependencies and load order of every module of a kernel: those of depmod and modprobe."""

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import depends
from rkmbuild.ko.depends import DependencyGraph, name_of

PLACES = os.pathsep.join(("/usr/sbin", "/sbin", os.environ["PATH"]))


def kmod(program: str) -> str:
    found = shutil.which(program, path=PLACES)
    assert found, f"{program} of kmod is not installed"
    return found


@pytest.fixture(scope="module")
def tree(kernel: KernelTree) -> KernelTree:
    return kernel


@pytest.fixture(scope="module")
def base(tree: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with a copy of the kernel's lib/modules, in which depmod has run."""
    root = tmp_path_factory.mktemp("depmod")
    assert tree.modules
    shutil.copytree(tree.modules, root / "lib" / "modules" / tree.release, symlinks=True)
    subprocess.run([kmod("depmod"), "-b", str(root), tree.release], check=True)
    return root


@pytest.fixture(scope="module")
def order(tree: KernelTree) -> DependencyGraph:
    assert tree.modules
    found = depends.of(tree.modules)
    assert len(found.modules) > 1000
    return found


def test_dependencies_are_those_of_depmod(
    tree: KernelTree, base: Path, order: DependencyGraph
) -> None:
    lines = (base / "lib/modules" / tree.release / "modules.dep").read_text().splitlines()
    theirs = {
        name_of(file): [name_of(path) for path in needed.split()]
        for file, _, needed in (line.partition(":") for line in lines)
    }
    assert set(theirs) == set(order.modules)
    assert {name: order.dependencies(name) for name in theirs} == theirs


def test_the_load_order_is_that_of_modprobe(
    tree: KernelTree, base: Path, order: DependencyGraph
) -> None:
    # What the machine's /etc/modprobe.d adds is no fact about the modules.
    command = [kmod("modprobe"), "-C", "/dev/null", "-d", str(base), "-S", tree.release]

    def theirs(name: str) -> list[str]:
        argv = [*command, "--show-depends", name]
        said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
        lines = [line.split()[1] for line in said.splitlines() if line.startswith("insmod ")]
        # A module that is named twice is there already the second time.
        return list(dict.fromkeys(map(name_of, lines)))

    with ThreadPoolExecutor(2) as pool:
        names = sorted(order.modules)
        wrong = [
            (name, real, order.load(name))
            for name, real in zip(names, pool.map(theirs, names), strict=True)
            if real != order.load(name)
        ]
    print(f"{len(names)} modules of {tree.release} compared with modprobe, {len(wrong)} differ")
    assert wrong == []


def test_what_one_module_needs_is_found_without_reading_all(
    tree: KernelTree, order: DependencyGraph
) -> None:
    from rkmbuild.kernel import symvers

    assert tree.symvers
    assert tree.modules
    raid = order.modules["dm_raid"].path
    found = depends.needed(raid, symvers.load(tree.symvers), tree.modules)
    names = [name_of(path) for path in found]
    assert set(order.dependencies("dm_raid")) <= set(names)
    places = {name: place for place, name in enumerate(names)}
    for name in names:
        for needed in order.needs[name]:
            assert places[needed] < places[name]
