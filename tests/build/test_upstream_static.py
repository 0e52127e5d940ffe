"""Modules that bring Rust for Linux's own crate along, for a kernel that was built without Rust."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import upstream_static
from tests.cli import complaints, rkmbuild

SAMPLES = ("rust_minimal", "rust_print")
# Bytes without debug information.
LARGEST = {"rust_minimal": 40 << 10, "rust_print": 60 << 10}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_of_the_source_are_built_small_and_pass(
    name: str, tmp_path: Path, kernel_6_12: KernelTree, upstream_6_12: Sidecar, source_6_12: Path
) -> None:
    assert upstream_6_12.way is Way.STATIC
    file = Path(shutil.copy(source_6_12 / f"samples/rust/{name}.rs", tmp_path))
    done = rkmbuild("build", file, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr), done.stderr
    module = Path(json.loads(done.stdout)["module"])
    subprocess.run(["strip", "-g", module], check=True)
    assert module.stat().st_size < LARGEST[name]
    done = rkmbuild("check", module, "--kernel", kernel_6_12.release, "--json")
    assert done.returncode == 0, done.stdout
    # Nothing that comes of the way it was made: return sites, ENDBR, ORC, padding, relocations.
    (judged,) = json.loads(done.stdout)["modules"]
    found = {each["rule"] for each in judged["findings"]}
    assert found <= {"unsigned", "out-of-tree", "recursion"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("unexported", "does not export what the module uses: find_vm_area"),
        ("unproved", "`build_assert!` or `build_error!` may fail"),
    ],
)
def test_what_cannot_be_linked_is_refused_by_name(
    name: str, said: str, tmp_path: Path, kernel_6_12: KernelTree, upstream_6_12: Sidecar
) -> None:
    folder = upstream_static.alone(tmp_path / name, upstream_static.ours(name))
    done = upstream_static.make(folder, kernel_6_12, upstream_6_12)
    assert done.returncode == 2
    assert said in done.stderr
    assert "modpost" not in done.stderr
    assert not (folder / f"{name}.o").exists()


def test_nothing_of_the_crate_is_seen_by_other_modules(
    tmp_path: Path, kernel_6_12: KernelTree, upstream_6_12: Sidecar
) -> None:
    folder = upstream_static.printing(tmp_path / "printing", kernel_6_12)
    done = upstream_static.make(folder, kernel_6_12, upstream_6_12)
    assert (done.returncode, done.stderr) == (0, "")
    names = subprocess.run(
        ["nm", "-g", "--defined-only", "-j", folder / "said.o"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert sorted(names) == ["cleanup_module", "init_module", "said_in"]
