"""Each template of `rkmbuild new` as its project's author has it: made, built, and tested."""

import json
from pathlib import Path

import pytest

from rkmbuild.project import templates
from tests import matrix
from tests.cli import complaints, rkmbuild


@pytest.mark.parametrize("template", [template.name for template in templates.templates()])
def test_a_new_project_passes_its_own_tests_on_each_kernel(tmp_path: Path, template: str) -> None:
    root = tmp_path / "my-module"
    assert rkmbuild("new", root, "--template", template, "--author", "").returncode == 0
    releases = [matrix.get(tested).release for tested in matrix.ALWAYS]
    done = rkmbuild("test", root, "--json", *(f"--kernel={release}" for release in releases))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
    document = json.loads(done.stdout)
    modules = document.get("modules", [document])
    # A library is no module, and has no tests that a guest runs.
    sources = [*root.glob("src/lib.rs"), *root.glob("*/src/lib.rs")]
    assert len(modules) == sum("module! {" in source.read_text() for source in sources)
    for module in modules:
        assert [kernel["release"] for kernel in module["kernels"]] == releases
        for kernel in module["kernels"]:
            tests = kernel["tests"]
            assert {test["status"] for test in tests} == {"passed"}, tests
            # Nothing but what the kernel says of every module from outside its tree.
            assert not [test["troubles"] for test in tests if test["troubles"]]
            _all_files_ran(Path(module["project"]), tests)


def _all_files_ran(project: Path, tests: list[dict[str, str]]) -> None:
    ran = {test["name"] for test in tests if test["kind"] in ("script", "program")}
    assert ran == {f"tests/{path.name}" for path in project.glob("tests/*")}
