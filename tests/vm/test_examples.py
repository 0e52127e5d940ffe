"""The examples that have tests of their own, as their reader has them: built, booted and tested."""

import json
import shutil
from pathlib import Path

import pytest

from tests import matrix
from tests.cli import complaints, rkmbuild

_EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("example", ["adder", "carried_over"])
def test_an_example_passes_its_own_tests_in_each_kernel(tmp_path: Path, example: str) -> None:
    copy = tmp_path / example
    shutil.copytree(_EXAMPLES / example, copy, ignore=shutil.ignore_patterns("target"))
    releases = [matrix.get(tested).release for tested in matrix.ALWAYS]
    done = rkmbuild("test", copy, "--json", *(f"--kernel={release}" for release in releases))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    modules = json.loads(done.stdout)["modules"]
    assert len(modules) == len(list(copy.glob("*/src/lib.rs")))
    for module in modules:
        files = {f"tests/{path.name}" for path in Path(module["project"]).glob("tests/*")}
        for kernel in module["kernels"]:
            tests = kernel["tests"]
            assert {test["status"] for test in tests} == {"passed"}, tests
            assert not [test["troubles"] for test in tests if test["troubles"]]
            assert {test["name"] for test in tests if test["kind"] != "kernel"} == files
        assert [kernel["release"] for kernel in module["kernels"]] == releases
