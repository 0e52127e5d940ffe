"""Workflows that build, check and test a module project on a service for continuous integration."""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild import __version__, paths
from rkmbuild.build import project as projects
from rkmbuild.build.project import Project
from rkmbuild.errors import StorageError, UsageError


class Service(StrEnum):
    """Who runs the workflow."""

    GITHUB = "github"
    GITLAB = "gitlab"


# What Debian 12 offers, which is what the workflows run in.
KERNELS = ("6.1", "6.12")

_FILES = {Service.GITHUB: ".github/workflows/rkmbuild.yml", Service.GITLAB: ".gitlab-ci.yml"}
# Below the project's target folder, which version control ignores.
_REPORTS = "target/ci"


class Step(NamedTuple):
    """A step of the workflow.

    Attributes:
        name: What it is called.
        id: What other steps call it, or empty.
        always: Whether it runs although a step after the build failed.
        lines: Its commands, for bash in the project's folder.
    """

    name: str
    id: str
    always: bool
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """A workflow that was written.

    Attributes:
        file: Where.
        kernels: What it builds for.
    """

    file: Path
    kernels: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {"file": str(self.file), "kernels": list(self.kernels)}


def write(
    path: Path, service: Service, *, kernels: Sequence[str] = (), force: bool = False
) -> Workflow:
    """Write the workflow of a project to where its service looks: at the root of the repository.

    Args:
        path: The project's folder.
        service: Who runs it.
        kernels: Series as Debian offers them (`6.12`), or releases; KERNELS without any.
        force: Overwrite what is there.

    Raises:
        ProjectError: there is no project.
        UsageError: a workflow is there already, or a kernel is none that can be fetched.
        StorageError: it cannot be written.
    """
    project = projects.load(path)
    chosen = tuple(dict.fromkeys(kernels)) or KERNELS
    for kernel in chosen:
        if not re.fullmatch(r"\d+\.\d+[\w.+-]*", kernel):
            raise UsageError(f"`{kernel}` is no kernel to fetch", hint="a series is, as 6.12")
    repository = _repository(project.root)
    file = repository / _FILES[service]
    if file.exists() and not force:
        raise UsageError(f"{file} is there already", hint="--force overwrites it")
    text = _text(service, project, repository, chosen)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        half = file.with_name(f".{file.name}.part")
        half.write_text(text, encoding="utf-8")
        half.replace(file)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None
    return Workflow(file=file, kernels=chosen)


def _text(service: Service, project: Project, repository: Path, kernels: tuple[str, ...]) -> str:
    import jinja2  # noqa: PLC0415 - 30 ms that no other command needs

    environment = jinja2.Environment(  # noqa: S701 - what comes out is YAML, never HTML
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["tojson"] = lambda text: json.dumps(text, ensure_ascii=False)
    environment.filters["sh"] = shlex.quote
    template = paths.data("templates") / "ci" / f"{service}.yml"
    place = project.root.relative_to(repository).as_posix()
    built = project.target.relative_to(repository).as_posix()
    reports = _below(place, _REPORTS)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        module=project.module,
        package=f"rkmbuild=={__version__}",
        project=place,
        install=_install(kernels),
        steps=_steps(project, kernels),
        artifacts=[f"{built}/*/*.ko", f"{built}/*/*.ko.debug", f"{reports}/"],
        junit=f"{reports}/junit.xml",
    )


def _install(kernels: Sequence[str]) -> list[str]:
    return [
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get -qq update",
        # The shell reads these very lines from its standard input.
        "apt-get -qq install --yes --no-install-recommends ca-certificates python3-venv </dev/null",
        "python3 -m venv /opt/rkmbuild",
        '/opt/rkmbuild/bin/pip install --quiet "$RKMBUILD"',
        "ln -s /opt/rkmbuild/bin/rkmbuild /usr/local/bin/",
        "rkmbuild doctor --fix --yes",
        *(f"rkmbuild kernel fetch {shlex.quote(kernel)}" for kernel in kernels),
    ]


def _steps(project: Project, kernels: Sequence[str]) -> list[Step]:
    """Return what is done; each command's output is kept in a file as well."""
    up = "/".join(".." for _ in project.root.relative_to(project.workspace).parts)
    target = f"{up}/target/rkmbuild" if up else "target/rkmbuild"
    quoted = [shlex.quote(kernel) for kernel in kernels]
    build = (f"rkmbuild build --kernel {kernel} 2>&1 | tee -a {_REPORTS}/build.log"
             for kernel in quoted)  # fmt: skip
    check = (
        f"rkmbuild check --kernel {word} {target}/{_pattern(kernel)}/{project.module}.ko 2>&1 | "
        f"tee -a {_REPORTS}/check.log"
        for kernel, word in zip(kernels, quoted, strict=True)
    )
    named = " ".join(f"--kernel {kernel}" for kernel in quoted)
    test = f"rkmbuild test {named} --junit {_REPORTS}/junit.xml 2>&1 | tee {_REPORTS}/test.log"
    return [
        Step("Build", "build", always=False, lines=(f"mkdir -p {_REPORTS}", *build)),
        Step("Check what the kernels would say", "", always=False, lines=tuple(check)),
        Step("Test in virtual machines", "", always=True, lines=(test,)),
    ]


def _pattern(kernel: str) -> str:
    """Return a shell pattern for the releases of a series: 6.1 is not the head of 6.12."""
    return f"{kernel}.*" if re.fullmatch(r"\d+\.\d+", kernel) else f"{kernel}*"


def _below(place: str, name: str) -> str:
    return name if place == "." else f"{place}/{name}"


def _repository(root: Path) -> Path:
    """Return the folder of the repository that a project is in; its own where it is in none."""
    return next((place for place in (root, *root.parents) if (place / ".git").exists()), root)
