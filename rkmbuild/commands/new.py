"""`rkmbuild new`: make a module project."""

from pathlib import Path
from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options


def new(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="NAME|PATH", help="Folder to create; its last part is the name of the package."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the package, where the folder has another one.")
    ] = None,
    template: Annotated[str, typer.Option(help="What to start from; see --list.")] = "hello",
    api: Annotated[
        str,
        typer.Option(
            metavar="portable|upstream",
            help="What it is written on: rkmbuild's own `kernel` crate, or that of the kernel.",
        ),
    ] = "portable",
    license_: Annotated[
        str,
        typer.Option(
            "--license", help='As MODULE_LICENSE has it ("Dual MIT/GPL"), or an SPDX expression.'
        ),
    ] = "GPL",
    description: Annotated[str | None, typer.Option(help="One line about the module.")] = None,
    author: Annotated[
        str | None,
        typer.Option(metavar='"NAME <ADDRESS>"', help="Who writes it.", show_default="git's user"),
    ] = None,
    vcs: Annotated[
        str | None,
        typer.Option(
            metavar="git|none",
            help="Start a git repository, or none.",
            show_default="git, unless inside a repository",
        ),
    ] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Make a project for a kernel module written in Rust."""
    from rkmbuild.base.errors import UsageError
    from rkmbuild.project.new import NewRequest, Vcs, create

    console.configure(quiet=quiet, as_json=as_json)
    if list_:
        _list_templates()
        return
    if path is None:
        raise UsageError("the new project has no name", hint="`rkmbuild new hello`, say")
    if vcs not in (None, *Vcs):
        raise UsageError(f"--vcs {vcs} is neither git nor none")
    created = create(
        NewRequest(
            path=path,
            name=name,
            template=template,
            api=api,
            license=license_,
            description=description,
            author=author,
            vcs=Vcs(vcs) if vcs else None,
        )
    )
    for warning in created.warnings:
        console.warning(warning)
    console.status("Created", f"kernel module `{created.package}` in {created.root}")
    if as_json:
        console.result(created._asdict())
    else:
        console.note(f"`rkmbuild run {_shown(path)}` builds it and loads it in a virtual machine")


def _list_templates() -> None:
    from rkmbuild.project.templates import templates

    found = templates()
    if console.is_json():
        console.write_json({each.name: each.description for each in found})
    else:
        console.table(["template", "what it does"], [[t.name, t.description] for t in found])


def _shown(path: Path) -> str:
    import shlex

    return shlex.quote(str(path))
