"""Workflows that build, check and test a module project on a service for continuous integration."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from rkmbuild.base import files, paths
from rkmbuild.base.errors import StorageError, UsageError
from rkmbuild.base.render import environment
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.project import installed_from, selection
from rkmbuild.project.project import OLDEST_UPSTREAM, Project
from rkmbuild.project.services import Service

# What Debian 12 offers, which is what the workflows run in.
KERNELS = ("6.1", "6.12")

_FILES = {Service.GITHUB: ".github/workflows/rkmbuild.yml", Service.GITLAB: ".gitlab-ci.yml"}
# Below the project's target folder, which version control ignores.
_REPORTS = "target/ci"


class WorkflowStep(NamedTuple):
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
    path: Path,
    service: Service,
    *,
    kernels: Sequence[str] = (),
    source: str | None = None,
    force: bool = False,
) -> Workflow:
    """Write the workflow of a project to where its service looks: at the root of the repository.

    Args:
        path: The folder of a project, or of a workspace of several.
        service: Who runs it.
        kernels: Series as Debian offers them (`6.12`), or releases; without any those of KERNELS
            that each module can be built for.
        source: What pip is given there to install rkmbuild; None for where this one is from.
        force: Overwrite what is there.

    Raises:
        ProjectError: there is no project.
        UsageError: a workflow is there already, a kernel is none that can be fetched or that a
            module can be built for, or pip cannot be given `source`.
        StorageError: it cannot be written.
    """
    modules = selection.select(path)
    fitting = tuple(kernel for kernel in KERNELS if not _too_old(kernel, modules))
    chosen = tuple(dict.fromkeys(kernels)) or fitting
    for kernel in chosen:
        if not re.fullmatch(r"\d+\.\d+[\w.+-]*", kernel):
            raise UsageError(f"`{kernel}` is no kernel to fetch", hint="a series is, as 6.12")
        if old := _too_old(kernel, modules):
            raise UsageError(
                f"{old} is written on the upstream API, which {kernel} is too old for",
                hint=f"without --kernel it is written for {' and '.join(fitting)}",
            )
    source = installed_from.requirement() if source is None else source
    # pip would take a word that begins so for an option, and several lines are no word.
    if not source.strip() or source.startswith("-") or not source.isprintable():
        raise UsageError(f"pip cannot install `{source}`", hint="an address or a name is given")
    root = modules[0].root if len(modules) == 1 else modules[0].workspace
    repository = _repository(modules[0].workspace)
    file = repository / _FILES[service]
    if file.exists() and not force:
        raise UsageError(f"{file} already exists", hint="--force overwrites it")
    place = root.relative_to(repository).as_posix()
    text = _text(service, modules, place, repository, kernels=chosen, source=source)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write(file, text)
    except OSError as error:
        raise StorageError(f"cannot write {file}: {error.strerror}") from None
    return Workflow(file=file, kernels=chosen)


def _too_old(kernel: str, modules: Sequence[Project]) -> str:
    """Return the first module that a kernel is too old for, or nothing."""
    if not KernelVersion.parse(kernel) < OLDEST_UPSTREAM:
        return ""
    return next((each.package for each in modules if each.metadata.api == "upstream"), "")


def _text(
    service: Service,
    modules: Sequence[Project],
    place: str,
    repository: Path,
    *,
    kernels: tuple[str, ...],
    source: str,
) -> str:
    template = paths.data("templates") / "ci" / f"{service}.yml"
    built = modules[0].target.relative_to(repository).as_posix()
    reports = _REPORTS if place == "." else f"{place}/{_REPORTS}"
    return (
        environment()
        .from_string(template.read_text(encoding="utf-8"))
        .render(
            name=modules[0].module if len(modules) == 1 else repository.name,
            package=source,
            project=place,
            install=_install(kernels, source),
            steps=_steps(modules, kernels),
            artifacts=[f"{built}/*/*.ko", f"{built}/*/*.ko.debug", f"{reports}/"],
            junit=f"{reports}/junit.xml",
        )
    )


def _install(kernels: Sequence[str], source: str) -> list[str]:
    needed = "ca-certificates python3-venv" + (" git" if "git+" in source else "")
    return [
        "export DEBIAN_FRONTEND=noninteractive",
        "apt-get -qq update",
        # The shell reads these very lines from its standard input.
        f"apt-get -qq install --yes --no-install-recommends {needed} </dev/null",
        "python3 -m venv /opt/rkmbuild",
        '/opt/rkmbuild/bin/pip install --quiet "$RKMBUILD"',
        "ln -s /opt/rkmbuild/bin/rkmbuild /usr/local/bin/",
        "rkmbuild doctor --fix --yes",
        *(f"rkmbuild kernel fetch {shlex.quote(kernel)}" for kernel in kernels),
    ]


def _steps(modules: Sequence[Project], kernels: Sequence[str]) -> list[WorkflowStep]:
    """Return what is done; each command's output is kept in a file as well."""
    build, check = [], []
    for kernel in kernels:
        build.append(_kept(f"rkmbuild build --kernel {kernel}", "build.log"))
        built = " ".join(_built(modules, kernel))
        check.append(_kept(f"rkmbuild check --kernel {kernel} {built}", "check.log"))
    named = " ".join(f"--kernel {kernel}" for kernel in kernels)
    test = _kept(f"rkmbuild test {named} --junit {_REPORTS}/junit.xml", "test.log")
    return [
        WorkflowStep("Build", "build", always=False, lines=(f"mkdir -p {_REPORTS}", *build)),
        WorkflowStep("Check what the kernels would say", "", always=False, lines=tuple(check)),
        WorkflowStep("Test in virtual machines", "", always=True, lines=(test,)),
    ]


def _built(modules: Sequence[Project], kernel: str) -> list[str]:
    """Return shell patterns for what `build` makes for a kernel, as the workflow's folder sees it.

    6.1 is not the head of 6.12.
    """
    releases = f"{kernel}.*" if re.fullmatch(r"\d+\.\d+", kernel) else f"{kernel}*"
    depth = len(modules[0].root.relative_to(modules[0].workspace).parts)
    up = "../" * depth if len(modules) == 1 else ""
    return [f"{up}target/rkmbuild/{releases}/{module.module}.ko" for module in modules]


def _kept(command: str, log: str) -> str:
    return f"{command} 2>&1 | tee -a {_REPORTS}/{log}"


def _repository(root: Path) -> Path:
    """Return the folder of the repository that a project is in; its own where it is in none."""
    return next((place for place in (root, *root.parents) if (place / ".git").exists()), root)
