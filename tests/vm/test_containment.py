"""examples/containment as its author has it: built and tested on each kernel, in Rust and in C."""

import shutil
import subprocess
from pathlib import Path

from tests.vm import own_tests

_EXAMPLE = Path(__file__).parents[2] / "examples" / "containment"
_FLAGS = ("-static", "-pthread", "-Wall", "-Wextra", "-Werror", "-Wno-nonnull")


def test_processes_see_the_files_below_a_folder_and_each_other_on_each_kernel(
    tmp_path: Path,
) -> None:
    root = tmp_path / "containment"
    shutil.copytree(_EXAMPLE, root, ignore=shutil.ignore_patterns("target", "contained"))
    program, source = root / "tests" / "contained", root / "user" / "contained.c"
    subprocess.run(["gcc", *_FLAGS, "-o", program, source], check=True)
    (module,) = own_tests.passed(root)
    for kernel in module["kernels"]:
        assert {test["name"] for test in kernel["tests"]} == {"tests/contained.sh", "tests/sees.rs"}
