"""What services and editors read of the checkout is what they take."""

import re
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.kernel_crates import ROOT, check

_TEMPLATES = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
_FORMS = [path for path in _TEMPLATES if path.name != "config.yml"]


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: path.name)
def test_an_issue_template_is_what_github_takes(path: Path) -> None:
    kind = "issue-forms" if path in _FORMS else "issue-config"
    schema = ["--builtin-schema", f"vendor.github-{kind}"]
    check(sys.executable, "-m", "check_jsonschema", *schema, path)


@pytest.mark.parametrize("path", _FORMS, ids=lambda path: path.name)
def test_an_issue_template_asks_for_what_an_answer_takes(path: Path) -> None:
    labels = [field["attributes"].get("label", "") for field in YAML(typ="safe").load(path)["body"]]
    assert {"rkmbuild doctor --json", "rkmbuild build --plan --json"} <= set(labels)


def test_each_hook_runs_what_the_lint_step_runs() -> None:
    hooks = YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "lint").glob("test_*.py"))
    for hook in hooks:
        program = hook["entry"].split()[0].removeprefix(".venv/bin/")
        assert re.search(rf"\b{program}\b", tests), hook["id"]
