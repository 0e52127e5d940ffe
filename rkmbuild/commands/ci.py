"""`rkmbuild ci`: write a workflow that builds, checks and tests a project."""

from pathlib import Path
from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options
from rkmbuild.project.services import Service


def ci(
    service: Annotated[
        Service, typer.Argument(metavar="github|gitlab", help="Who runs it.", show_default=False)
    ],
    path: options.Project = Path(),
    kernel: Annotated[
        list[str] | None,
        typer.Option(
            "--kernel",
            "-k",
            metavar="SERIES",
            help="Kernel of Debian's to build for and test on; may be given several times.",
            show_default="6.1 and 6.12",
        ),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="REQUIREMENT",
            help="What pip is given there to install rkmbuild: an address, or a name and version.",
            show_default="where this one was installed from",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Write a workflow for GitHub or GitLab that builds, checks and tests a project.

    It keeps the modules, the results as JUnit's XML, and what was printed.
    """
    from rkmbuild.project import workflows

    console.configure(quiet=quiet, as_json=as_json)
    made = workflows.write(path, service, kernels=tuple(kernel or ()), source=source, force=force)
    console.status("Wrote", f"{made.file}, for {' and '.join(made.kernels)}")
    if as_json:
        console.result(made.document())
