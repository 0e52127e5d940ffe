"""`rkmbuild clean --older-than` and `rkmbuild cache` beside real builds.

What is in use stays, the rest comes back; what another cache exported is not built again.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rkmbuild.base import cache_cleaning
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild, started

if TYPE_CHECKING:
    import subprocess

_DAY = 86400


class Place:
    """A project, and a cache of its own with all that its build needs."""

    def __init__(self, folder: Path, tree: KernelTree) -> None:
        self.root = projects.make(folder / "p", "pruned")
        self.cache = folder / "cache"
        self.tree = tree
        self.env = {"RKMBUILD_CACHE_DIR": str(self.cache)}

    def build(self) -> Any:
        return printed(rkmbuild("build", self.root, "-k", self.tree.build, "--json", env=self.env))

    def change(self) -> None:
        source = self.root / "src" / "lib.rs"
        source.write_text(source.read_text().replace("loaded", "loaded again"))

    def entries(self) -> dict[str, list[Path]]:
        done = self.cache.glob("*/*/.done")
        found: dict[str, list[Path]] = {}
        for entry in (file.parent for file in done):
            found.setdefault(entry.parent.name, []).append(entry)
        return found

    def age(self, entries: list[Path], days: int) -> None:
        then = time.time() - days * _DAY
        for entry in entries:
            for mark in filter(Path.exists, (entry / ".done", entry / ".used")):
                os.utime(mark, (then, then))


@pytest.fixture(scope="module")
def place(kernel_6_12: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("pruned")
    made = Place(folder, kernel_6_12)
    # What takes longest to make comes from the cache of all, as another machine would get it.
    kernel = ("-k", kernel_6_12.build)
    printed(rkmbuild("build", projects.make(folder / "first", "first"), *kernel, "--json"))
    plan = printed(rkmbuild("build", made.root, *kernel, "--plan", "--json"))
    name = f"sysroot/{plan['sysroot']['key']}"
    archive = folder / "cache.tar.gz"
    exported = printed(rkmbuild("cache", "export", archive, "--what", name, "--json"))
    assert [f"{each['kind']}/{each['name']}" for each in exported["entries"]] == [name]
    words = ("--sha256", exported["sha256"], "--json")
    taken = printed(rkmbuild("cache", "import", archive, *words, env=made.env))
    assert [each["present"] for each in taken["entries"]] == [False]
    stages = {stage["name"] for stage in made.build()["stages"]}
    assert "kernel-crate" in stages
    assert "sysroot" not in stages
    return made


def printed(done: "subprocess.CompletedProcess[str]") -> Any:
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_sysroot_that_was_removed_is_made_again_as_it_was(place: Place) -> None:
    place.age(place.entries()["sysroot"], 100)
    done = rkmbuild("clean", "--older-than", "90d", "--json", env=place.env)
    assert json.loads(done.stdout)["freed"] > 1_000_000
    left = place.entries()
    assert "sysroot" not in left
    place.change()
    # The kernel crate was compiled with the one that is gone, and is used with the new one.
    result = place.build()
    assert {"sysroot", "crate"} <= {stage["name"] for stage in result["stages"]}
    assert place.entries()["kernel-crate"] == left["kernel-crate"]


def test_nothing_that_a_build_has_found_is_removed_under_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.build()
    place.change()
    every = [entry for entries in place.entries().values() for entry in entries]
    place.age(every, 100)
    for name, value in place.env.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "rkmbuild", "build", str(place.root)]
    command += ["-k", str(place.tree.build)]
    said = tmp_path / "said"
    freed = 0
    with said.open("wb") as file, started(command, stderr=file) as process:
        while process.poll() is None:
            # It has found all that it compiles the crate with, and links it with the rest.
            if "Compiling" in said.read_text():
                freed += cache_cleaning.remove_unused(1)
    assert process.returncode == 0, said.read_text()
    assert not complaints(said.read_text())
    assert "Building" not in said.read_text()
    # Those of other kernels were as old.
    assert freed > 0
    used = [entry for entry in every if (entry / ".used").exists()]
    assert {"sysroot", "bindings", "kernel-crate"} <= {entry.parent.name for entry in used}
