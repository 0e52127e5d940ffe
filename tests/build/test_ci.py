"""The workflows that `rkmbuild ci` writes: linted by their services' schemas, and run here."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from rkmbuild.base.errors import ProjectError, StorageError, UsageError
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.project import installed_from, workflows
from rkmbuild.project.services import Service
from tests import projects
from tests.cli import rkmbuild

_SCHEMAS = {
    Service.GITHUB: ("vendor.github-workflows",),
    Service.GITLAB: ("vendor.gitlab-ci", "--data-transform", "gitlab-ci"),
}

_FROM = "git+https://example.org/rkmbuild@0f3c"
_DEPENDS = '[package.metadata.rkmbuild]\ndepends = ["my-driver"]\n'


@pytest.fixture(params=[".", "drivers/my driver"], ids=["alone", "deep"])
def project(request: Any, tmp_path: Path) -> Path:
    """A project at the root of a repository, or somewhere below it."""
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    root: Path = tmp_path / "repository" / request.param
    (root / "src").mkdir(parents=True)
    (root / "Cargo.toml").write_text(projects.MANIFEST.format(name="my-driver"))
    return root


def _read(file: Path) -> Any:
    return YAML(typ="safe").load(file)


def _scripts(service: Service, document: Any) -> list[str]:
    """All that a shell is given, a step each."""
    if service is Service.GITLAB:
        job = document["rkmbuild"]
        return [*job["before_script"], *job["script"]]
    return [step["run"] for step in document["jobs"]["module"]["steps"] if "run" in step]


@pytest.mark.parametrize("service", Service)
def test_a_workflow_is_what_its_service_takes(project: Path, service: Service) -> None:
    made = workflows.write(project, service, source=_FROM)
    assert made.file.is_relative_to(project.parents[1] if " " in str(project) else project)
    lint = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *_SCHEMAS[service]]
    done = subprocess.run([*lint, made.file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    # The check can fail: something that the service does not know is found.
    wrong = made.file.with_name("wrong.yml")
    wrong.write_text(
        made.file.read_text().replace("artifacts:", "artefacts:").replace("on:", "no:")
    )
    done = subprocess.run([*lint, wrong], capture_output=True, text=True, check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("service", Service)
def test_the_steps_are_clean_shell(project: Path, service: Service, tmp_path: Path) -> None:
    document = _read(workflows.write(project, service, source=_FROM).file)
    for number, text in enumerate(_scripts(service, document)):
        script = tmp_path / f"{number}.sh"
        # What stands in a here-document is a script of its own.
        inner = re.search(r"<<'END'\n(.*)^END$", text, re.MULTILINE | re.DOTALL)
        # As both services start their shells.
        script.write_text("set -eo pipefail\n" + (inner[1] if inner else text))
        done = subprocess.run(
            ["shellcheck", "--shell", "bash", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_only_actions_of_githubs_own_are_used_and_pinned_by_commit(project: Path) -> None:
    text = workflows.write(project, Service.GITHUB, source=_FROM).file.read_text()
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    for use in uses:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use


@pytest.mark.parametrize("service", Service)
def test_all_that_a_reader_wants_is_kept(project: Path, service: Service) -> None:
    document = _read(workflows.write(project, service, source=_FROM).file)
    if service is Service.GITLAB:
        artifacts = document["rkmbuild"]["artifacts"]
        kept, junit = artifacts["paths"], artifacts["reports"]["junit"]
        assert artifacts["when"] == "always"
    else:
        step = document["jobs"]["module"]["steps"][-1]
        kept, junit = step["with"]["path"].split("\n"), None
        assert step["if"] == "always()"
    before = "drivers/my driver/" if "drivers" in str(project) else ""
    for path in ("target/rkmbuild/*/*.ko", "target/rkmbuild/*/*.ko.debug", "target/ci/"):
        assert f"{before}{path}" in kept
    assert junit in (None, f"{before}target/ci/junit.xml")


def test_nothing_is_overwritten_unless_it_is_asked_for(project: Path) -> None:
    file = workflows.write(project, Service.GITHUB, source=_FROM).file
    file.write_text("mine\n")
    with pytest.raises(UsageError, match="already exists"):
        workflows.write(project, Service.GITHUB, source=_FROM)
    assert file.read_text() == "mine\n"
    assert (
        workflows.write(project, Service.GITHUB, source=_FROM, force=True).file.read_text()
        != "mine\n"
    )
    assert [found.name for found in file.parent.iterdir()] == ["rkmbuild.yml"]


@pytest.mark.parametrize("service", Service)
@pytest.mark.parametrize(
    "source", [_FROM, "rkmbuild==0.1.0", 'rkmbuild @ https://example.org/"a" b.whl']
)
def test_rkmbuild_is_installed_from_where_the_user_says(
    project: Path, service: Service, source: str
) -> None:
    document = _read(workflows.write(project, service, source=source).file)
    gitlab = service is Service.GITLAB
    variables = document["rkmbuild"]["variables"] if gitlab else document["env"]
    assert variables == {"RKMBUILD": source}
    script = "\n".join(_scripts(service, document))
    assert 'pip install --quiet "$RKMBUILD"' in script
    # pip calls it for such an address, and the image has none.
    assert ("python3-venv git " in script) == source.startswith("git+")


def test_without_a_word_of_where_from_it_is_where_this_rkmbuild_is_from(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installed_from, "requirement", lambda: "rkmbuild==0.1.0")
    document = _read(workflows.write(project, Service.GITHUB).file)
    assert document["env"] == {"RKMBUILD": "rkmbuild==0.1.0"}


def test_what_cannot_be_done_is_told(project: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no kernel to fetch"):
        workflows.write(project, Service.GITLAB, kernels=["6.12; rm -rf /"])
    for source in ("", "--index-url=https://example.org", "one\ntwo"):
        with pytest.raises(UsageError, match="pip cannot install"):
            workflows.write(project, Service.GITLAB, source=source)
    with pytest.raises(ProjectError, match="no module project"):
        workflows.write(tmp_path, Service.GITLAB)
    (tmp_path / "repository" / ".github").touch()
    with pytest.raises(StorageError, match="cannot write"):
        workflows.write(project, Service.GITHUB, source=_FROM)


def test_a_workspace_has_each_of_its_modules_tested(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["*-driver"]\n')
    more = {"my-driver": "", "other-driver": "", "top-driver": _DEPENDS}
    for name, said in more.items():
        (tmp_path / name / "src").mkdir(parents=True)
        (tmp_path / name / "src" / "lib.rs").touch()
        (tmp_path / name / "Cargo.toml").write_text(projects.MANIFEST.format(name=name) + said)
    job = _read(workflows.write(tmp_path, Service.GITLAB, kernels=["6.1"], source=_FROM).file)[
        "rkmbuild"
    ]
    script = "\n".join(job["script"])
    assert script.count("rkmbuild build --kernel 6.1 ") == 1
    for name in more:
        assert f"target/rkmbuild/6.1.*/{name.replace('-', '_')}.ko" in script
    assert "rkmbuild test --kernel 6.1 --junit target/ci/junit.xml" in script


@pytest.mark.parametrize("submodule", [False, True])
def test_the_workflow_of_one_module_is_where_its_workspace_is(
    tmp_path: Path, submodule: bool
) -> None:
    (tmp_path / "Cargo.toml").write_text('[workspace]\nmembers = ["my-driver"]\n')
    root = tmp_path / "my-driver"
    (root / ".git" if submodule else root).mkdir(parents=True)
    (root / "Cargo.toml").write_text(projects.MANIFEST.format(name="my-driver"))
    file = workflows.write(root, Service.GITLAB, source=_FROM).file
    assert file == tmp_path / ".gitlab-ci.yml"
    job = _read(file)["rkmbuild"]
    assert "cd my-driver" in job["script"]
    assert "target/rkmbuild/*/*.ko" in job["artifacts"]["paths"]


@pytest.mark.vm
def test_the_job_does_what_it_says(tmp_path: Path, kernel_6_12: KernelTree) -> None:
    root = tmp_path / "my-driver"
    assert rkmbuild("new", root, "--author", "", "--vcs", "none").returncode == 0
    done = rkmbuild("ci", "gitlab", root, "--kernel", "6.12", "--from", "rkmbuild", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    written = str(root / ".gitlab-ci.yml")
    assert document == {"schema": 1, "file": written, "kernels": ["6.12"]}
    tool = tmp_path / "bin" / "rkmbuild"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m rkmbuild "$@"\n')
    tool.chmod(0o755)
    job = _read(root / ".gitlab-ci.yml")["rkmbuild"]
    ran = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", "\n".join(job["script"])],
        cwd=root,
        env=os.environ | {"PATH": f"{tool.parent}:{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test result: ok" in (root / "target" / "ci" / "test.log").read_text()
    assert "would load it" in (root / "target" / "ci" / "check.log").read_text()
    assert kernel_6_12.release in (root / "target" / "ci" / "build.log").read_text()
    for pattern in (*job["artifacts"]["paths"], job["artifacts"]["reports"]["junit"]):
        assert list(root.glob(pattern.rstrip("/"))), pattern


def test_a_project_on_the_kernels_own_crate_is_not_built_for_kernels_that_lack_it(
    project: Path,
) -> None:
    file = project / "Cargo.toml"
    file.write_text(file.read_text() + '\n[package.metadata.rkmbuild]\napi = "upstream"\n')
    made = workflows.write(project, Service.GITLAB, source=_FROM)
    assert made.kernels == ("6.12",)
    with pytest.raises(UsageError, match=r"upstream API, which 6\.1 is too old for"):
        workflows.write(project, Service.GITLAB, source=_FROM, kernels=("6.1",), force=True)
