"""`rkmbuild clean --older-than` beside real builds: what is in use stays, the rest comes back."""

import json
import os
import shutil
import sys
import time
from pathlib import Path

import pytest

from rkmbuild.base import cache_cleaning, paths
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.cli import complaints, rkmbuild, started

_DAY = 86400


class Place:
    """A project, and a cache of its own with all that its build needs."""

    def __init__(self, folder: Path, tree: KernelTree) -> None:
        self.root = projects.make(folder / "p", "pruned")
        self.cache = folder / "cache"
        self.tree = tree
        self.env = {"RKMBUILD_CACHE_DIR": str(self.cache)}

    def build(self) -> dict[str, object]:
        done = rkmbuild("build", self.root, "-k", self.tree.build, "--json", env=self.env)
        assert done.returncode == 0, done.stderr
        assert not complaints(done.stderr)
        result: dict[str, object] = json.loads(done.stdout)
        return result

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
    made = Place(tmp_path_factory.mktemp("pruned"), kernel_6_12)
    # What takes long to make comes from the cache of all, with new times.
    for kind in ("sysroot", "bindings"):
        shutil.copytree(paths.cache_dir() / kind, made.cache / kind, symlinks=True)
    made.build()
    return made


def test_a_sysroot_that_was_removed_is_made_again_as_it_was(place: Place) -> None:
    place.age(place.entries()["sysroot"], 100)
    done = rkmbuild("clean", "--older-than", "90d", "--json", env=place.env)
    assert json.loads(done.stdout)["freed"] > 1_000_000
    left = place.entries()
    assert "sysroot" not in left
    place.change()
    # The kernel crate was compiled with the one that is gone, and is used with the new one.
    result = place.build()
    assert {"sysroot", "crate"} <= {stage["name"] for stage in result["stages"]}  # type: ignore[attr-defined]
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
