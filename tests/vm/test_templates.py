"""Each template of `rkmbuild new` as its project's author has it: made, built, and tested."""

from pathlib import Path

import pytest

from rkmbuild.project import templates
from tests.cli import rkmbuild
from tests.vm import own_tests


@pytest.mark.parametrize("template", [template.name for template in templates.templates()])
def test_a_new_project_passes_its_own_tests_on_each_kernel(tmp_path: Path, template: str) -> None:
    root = tmp_path / "my-module"
    assert rkmbuild("new", root, "--template", template, "--author", "").returncode == 0
    modules = own_tests.passed(root)
    # A library is no module, and has no tests that a guest runs.
    sources = [*root.glob("src/lib.rs"), *root.glob("*/src/lib.rs")]
    assert len(modules) == sum("module! {" in source.read_text() for source in sources)
    for module in modules:
        for kernel in module["kernels"]:
            _all_files_ran(Path(module["project"]), kernel["tests"])


def _all_files_ran(project: Path, tests: list[dict[str, str]]) -> None:
    ran = {test["name"] for test in tests if test["kind"] in ("script", "program")}
    assert ran == {f"tests/{path.name}" for path in project.glob("tests/*")}
