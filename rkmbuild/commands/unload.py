"""`rkmbuild unload`: take a module out of the running kernel."""

from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options
from rkmbuild.commands.load import show_change


def unload(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The module's name; dashes count as underscores.")
    ],
    with_users: Annotated[
        bool, typer.Option("--with-users", help="Unload the modules that use it first.")
    ] = False,
    wait: Annotated[
        float,
        typer.Option(
            min=0, metavar="SECONDS", help="Wait so long for programs that still use the module."
        ),
    ] = 0,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Unload a module from the running kernel, if nothing uses it.

    A BPF program that calls its functions holds it for some tenths of a second after the end.
    """
    from rkmbuild.host import host, persist

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    change = host.unload(name, with_users=with_users, wait=wait)
    show_change(change)
    for each in filter(persist.is_installed, change.unloaded):
        again = f"rkmbuild load --remove-persist {each}"
        console.note(f"{each} is loaded again at the next boot, unless you run: {again}")
