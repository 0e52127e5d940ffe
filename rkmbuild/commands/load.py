"""`rkmbuild load`: put a module into the running kernel."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.run.host import Change


def load(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KO|PATH] [NAME=VALUE]...",
            help="A module file or a project's folder (the current one), then parameters.",
            show_default=False,
        ),
    ] = None,
    swap: Annotated[
        bool, typer.Option("--replace", help="Unload a loaded module of the same name first.")
    ] = False,
    first_build: Annotated[
        bool, typer.Option("--build", help="Build the project first, if anything changed.")
    ] = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Load a module into the running kernel.

    Only the loading itself is done as root: by sudo, where you are not.
    """
    from rkmbuild.run import host

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    target, parameters = _parted(words or [])
    ko = target if _is_file(target) else _built(target, first_build=first_build)
    show_change(host.load(ko, parameters, swap=swap))


def show_change(change: "Change") -> None:
    """Show what the kernel printed, and what became of the module."""
    if console.is_json():
        console.result(change.document())
        return
    for record in change.log or ():
        for line in record.lines():
            console.line(line)
    if change.path is None:
        console.status("Unloaded", change.name)
    else:
        console.status("Replaced" if change.replaced else "Loaded", change.name)


def _parted(words: list[str]) -> tuple[Path, list[str]]:
    """Part the file or folder from the parameters: it comes first, and may be left out."""
    if words and ("=" not in words[0] or Path(words[0]).exists()):
        return Path(words[0]), words[1:]
    return Path(), words


def _is_file(target: Path) -> bool:
    return ".ko" in target.suffixes or (not target.is_dir() and target.name != "Cargo.toml")


def _built(path: Path, *, first_build: bool) -> Path:
    """Return the module of a project, built for the running kernel."""
    from rkmbuild.build import project
    from rkmbuild.errors import ProjectError

    release = os.uname().release
    if first_build:
        from rkmbuild.build import pipeline

        return pipeline.build(pipeline.BuildRequest(path=path.absolute(), kernel=release)).module
    found = project.load(path)
    ko = found.target / release / f"{found.module}.ko"
    if not ko.exists():
        raise ProjectError(
            f"{found.package} has not been built for the running kernel, {release}",
            hint="`rkmbuild load --build` builds it first",
        )
    return ko
