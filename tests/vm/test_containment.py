"""examples/containment as its author has it: built and tested on each kernel, in Rust and in C."""

import json
import shutil
import subprocess
from pathlib import Path

from tests import matrix
from tests.cli import complaints, rkmbuild

_EXAMPLE = Path(__file__).parents[2] / "examples" / "containment"
_FLAGS = ("-static", "-pthread", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull")


def test_processes_see_the_files_below_a_folder_and_each_other_on_each_kernel(
    tmp_path: Path,
) -> None:
    root = tmp_path / "containment"
    shutil.copytree(_EXAMPLE, root, ignore=shutil.ignore_patterns("target", "contained"))
    program, source = root / "tests" / "contained", root / "user" / "contained.c"
    subprocess.run(["gcc", *_FLAGS, "-o", program, source], check=True)
    releases = [matrix.get(tested).release for tested in matrix.ALWAYS]
    done = rkmbuild("test", root, "--json", *(f"--kernel={release}" for release in releases))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    kernels = json.loads(done.stdout)["kernels"]
    assert [kernel["release"] for kernel in kernels] == releases
    for kernel in kernels:
        results = {test["name"]: test["status"] for test in kernel["tests"]}
        assert results == {"tests/contained.sh": "passed", "tests/sees.rs": "passed"}, kernel
        # Nothing but what the kernel says of every module from outside its tree.
        assert not [test["troubles"] for test in kernel["tests"] if test["troubles"]]
