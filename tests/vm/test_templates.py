"""Each template of `rkmbuild new` as its project's author has it: made, built, and tested."""

import json
from pathlib import Path

import pytest

from rkmbuild import skeleton
from rkmbuild.kernel.tree import KernelTree
from tests.cli import rkmbuild


@pytest.mark.parametrize("template", [template.name for template in skeleton.templates()])
def test_a_new_project_passes_its_own_tests_on_each_kernel(
    kernel_6_1: KernelTree, kernel_6_12: KernelTree, tmp_path: Path, template: str
) -> None:
    root = tmp_path / "my-module"
    assert rkmbuild("new", root, "--template", template, "--author", "").returncode == 0
    releases = [kernel_6_1.release, kernel_6_12.release]
    done = rkmbuild("test", root, "--json", *(f"--kernel={release}" for release in releases))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr.lower(), done.stderr
    kernels = json.loads(done.stdout)["kernels"]
    assert [kernel["release"] for kernel in kernels] == releases
    for kernel in kernels:
        tests = kernel["tests"]
        assert {test["status"] for test in tests} == {"passed"}, tests
        # Nothing but what the kernel says of every module that is loaded from outside its tree.
        assert not [test["troubles"] for test in tests if test["troubles"]]
        files = {Path(test["file"]).name for test in tests if test["kind"] in ("script", "program")}
        assert files == {path.name for path in _tests(root)}


def _tests(root: Path) -> list[Path]:
    """The files of tests, in a workspace those of the module that uses the others."""
    return [*root.glob("tests/*"), *root.glob("*/tests/*.sh")]
