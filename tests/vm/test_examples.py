"""The examples that have tests of their own, as their reader has them: built, booted and tested."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import matrix
from tests.cli import complaints, rkmbuild

_EXAMPLES = Path(__file__).parents[2] / "examples"


_TESTED = pytest.mark.parametrize("example", ["adder", "carried_over"])


@_TESTED
def test_an_example_passes_its_own_tests(tmp_path: Path, example: str) -> None:
    _passes(tmp_path / example, [matrix.named("6.12")])


@pytest.mark.slow
@_TESTED
def test_an_example_passes_its_own_tests_on_the_other_kernels(tmp_path: Path, example: str) -> None:
    _passes(tmp_path / example, [each for each in matrix.ALWAYS if each.name != "6.12"])


def _passes(copy: Path, kernels: Sequence[matrix.Tested]) -> None:
    shutil.copytree(_EXAMPLES / copy.name, copy, ignore=shutil.ignore_patterns("target"))
    releases = [matrix.get(tested).release for tested in kernels]
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
