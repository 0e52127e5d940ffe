"""`rkmbuild clean`: remove what was built."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.base.cache_cleaning import Contents


def clean(
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="What `build` was given.", show_default="."),
    ] = None,
    cache: Annotated[
        bool,
        typer.Option("--cache", help="Empty the cache of all projects, fetched kernels included."),
    ] = False,
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than",
            metavar="DAYS",
            help="Of the cache, remove what nobody has used for so many days.",
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List what is in the cache, and remove nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Remove what `build` made of a project, or what is in the tool's cache."""
    from rkmbuild.base import cache_cleaning
    from rkmbuild.base.errors import UsageError

    console.configure(quiet=quiet, as_json=as_json)
    if path and (cache or list_ or older_than is not None):
        raise UsageError("the cache belongs to all projects: leave out PATH or what is about it")
    if list_:
        if older_than is not None or yes:
            raise UsageError("--list removes nothing")
        _show(cache_cleaning.contents())
        return
    if older_than is not None:
        freed = cache_cleaning.remove_unused(_days(older_than))
    elif cache:
        if not yes:
            _ask()
        freed = cache_cleaning.empty()
    else:
        from rkmbuild.project import cleaning

        freed = cleaning.remove_results(path or Path())
    console.status("Removed", f"{freed / 1e6:.1f} MB")
    if as_json:
        console.result({"freed": freed})


def _days(text: str) -> int:
    from rkmbuild.base.errors import UsageError

    days = re.fullmatch(r"([1-9][0-9]{0,5})d?", text)
    if not days:
        raise UsageError(f"--older-than {text}: it needs days, 1 or more, as in 90 or 90d")
    return int(days[1])


def _show(contents: "Contents") -> None:
    import time

    from rkmbuild.base.cache_cleaning import total

    if console.is_json():
        console.result(contents.document())
        return
    rows = []
    for kind, entries in contents.kinds().items():
        last = time.localtime(max(entry.last_use for entry in entries))
        rows.append(
            [
                kind,
                str(len(entries)),
                f"{total(entries) / 1e6:.1f}",
                time.strftime("%Y-%m-%d", last),
            ]
        )
    if rows:
        console.table(["KIND", "ENTRIES", "MB", "LAST USED"], rows)
    console.line(f"{contents.size / 1e6:.1f} MB in {contents.root}")


def _ask() -> None:
    import sys

    from rkmbuild.base import cache_cleaning, paths
    from rkmbuild.base.errors import InterruptedRunError, UsageError

    root = paths.cache_dir()
    if not sys.stdin.isatty():
        raise UsageError(
            f"cannot ask whether to empty {root}: standard input is not a terminal",
            hint="add --yes",
        )
    size = cache_cleaning.size(root) / 1e6
    if not typer.confirm(f"Remove {size:.1f} MB from {root}?", err=True):
        raise InterruptedRunError("nothing was removed")
