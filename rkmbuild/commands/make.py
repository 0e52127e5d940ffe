"""`rkmbuild make`: the user's own make, on a kernel whose own rules build Rust."""

from pathlib import Path
from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options


def make(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- ARGS...]", help="What make is given.", show_default=False),
    ] = None,
    kernel: options.Kernel = None,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Run make, with variables that have the kernel's own rules build Rust for a kernel.

    KDIR, KERNELDIR, KERNEL_SRC and their like, as makefiles of external modules name the kernel's
    folder, lead to a tree that has what the rules for Rust need. The makefile stays as it is.

    Exit status: make's.
    """
    from rkmbuild.kernel import find
    from rkmbuild.pipeline.api.upstream import overlaid, users_make
    from rkmbuild.project.kbuild_source import KbuildSource

    console.configure(verbose=verbose, quiet=quiet)
    here = Path.cwd()
    rust = KbuildSource(folder=here, file=None).has_rust()
    prepared = overlaid.of(find.select(kernel), rust=rust)
    argv = users_make.command(prepared, arguments or (), here)
    console.detail(" ".join(argv))
    raise typer.Exit(users_make.run(argv, here))
