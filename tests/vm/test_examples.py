"""The examples that have tests of their own, as their reader has them: built, booted and tested."""

import shutil
from pathlib import Path

import pytest

from tests.vm import own_tests

_EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("example", ["adder", "carried_over"])
def test_an_example_passes_its_own_tests_in_each_kernel(tmp_path: Path, example: str) -> None:
    copy = tmp_path / example
    shutil.copytree(_EXAMPLES / example, copy, ignore=shutil.ignore_patterns("target"))
    modules = own_tests.passed(copy)
    assert len(modules) == len(list(copy.glob("*/src/lib.rs")))
    for module in modules:
        files = {f"tests/{path.name}" for path in Path(module["project"]).glob("tests/*")}
        for kernel in module["kernels"]:
            ran = {test["name"] for test in kernel["tests"] if test["kind"] != "kernel"}
            assert ran == files
