"""`rkmbuild new`: make a module project."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelVersion


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
    kernel: options.KernelOfCrate = None,
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
    if kernel is not None and api != "upstream":
        raise UsageError(
            "--kernel is for --api upstream",
            hint="what is written on the portable API builds for every kernel",
        )
    created = create(
        NewRequest(
            path=path,
            name=name,
            template=template,
            api=api,
            kernel=_version(kernel) if kernel is not None else None,
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
        words = [path, *(("--kernel", kernel) if kernel else ())]
        console.note(f"`rkmbuild run {_shown(words)}` builds it and loads it in a virtual machine")


def _version(release: str) -> "KernelVersion":
    """Return the version of a kernel that can be built for on its own crate."""
    from rkmbuild.kernel import find
    from rkmbuild.pipeline.api.kinds import KINDS

    tree = find.select(release)
    KINDS["upstream"].check(tree)
    return tree.version


def _list_templates() -> None:
    from rkmbuild.project.templates import templates

    found = templates()
    if console.is_json():
        console.write_json({each.name: each.description for each in found})
    else:
        console.table(["template", "what it does"], [[t.name, t.description] for t in found])


def _shown(words: Iterable[Path | str]) -> str:
    import shlex

    return shlex.join(map(str, words))
