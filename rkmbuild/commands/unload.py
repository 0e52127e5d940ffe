"""`rkmbuild unload`: take a module out of the running kernel."""

from typing import Annotated

import typer

from rkmbuild import console
from rkmbuild.commands import options
from rkmbuild.commands.load import show_change


def unload(
    name: Annotated[str, typer.Argument(help="The module's name; dashes count as underscores.")],
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Unload a module from the running kernel, if nothing uses it."""
    from rkmbuild.run import host

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    show_change(host.unload(name))
