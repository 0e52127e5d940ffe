"""`rkmbuild clean`: remove what was built."""

from pathlib import Path
from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options


def clean(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="Folder of the module project.", show_default="."),
    ] = None,
    cache: Annotated[
        bool,
        typer.Option("--cache", help="Empty the cache of all projects, fetched kernels included."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    quiet: options.Quiet = False,
    json: options.Json = False,
) -> None:
    """Remove what `build` made of a project, or empty the tool's cache."""
    from rkmbuild.base.errors import UsageError
    from rkmbuild.project import cleaning

    console.configure(quiet=quiet, as_json=json)
    if not cache:
        freed = cleaning.remove_results(path or Path())
    elif path:
        raise UsageError("the cache belongs to all projects: leave out PATH or --cache")
    else:
        if not yes:
            _ask()
        freed = cleaning.empty_cache()
    console.status("Removed", f"{freed / 1e6:.1f} MB")
    if json:
        console.result({"freed": freed})


def _ask() -> None:
    import sys

    from rkmbuild.base import paths
    from rkmbuild.base.errors import InterruptedRunError, UsageError
    from rkmbuild.project import cleaning

    root = paths.cache_dir()
    if not sys.stdin.isatty():
        raise UsageError(f"nobody is there to ask whether to empty {root}", hint="add --yes")
    size = cleaning.cache_size() / 1e6
    if not typer.confirm(f"Remove {size:.1f} MB from {root}?", err=True):
        raise InterruptedRunError("nothing was removed")
