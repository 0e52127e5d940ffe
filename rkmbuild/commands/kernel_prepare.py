"""`rkmbuild kernel prepare`: the upstream crate for a kernel, before a build asks for it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelTree


def prepare(
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="[RELEASE]",
            help="A release, a unique part of one, an added one's name, or a path to a tree.",
            show_default="the one that `rkmbuild build` would use",
        ),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR|TARBALL",
            help="The kernel's source, of the very version of its headers.",
            show_default="the distribution's package of it",
        ),
    ] = None,
    allow_mismatch: Annotated[
        bool,
        typer.Option(
            "--allow-mismatch",
            help="Take a source of another patch level, if it exports what the kernel does.",
        ),
    ] = False,
    link: Annotated[
        Literal["own", "static"] | None,
        typer.Option(
            "--link",
            help="How modules come by the crate's code: they are linked to the kernel's own Rust, "
            "or bring along what they use of it.",
            show_default="what the kernel allows",
        ),
    ] = None,
    toolchain: Annotated[
        str | None,
        typer.Option(
            "--toolchain",
            metavar="NAME",
            help="Rust toolchain to make it with: a rustup name, or a path to rustc. Modules bring "
            "the code along where it is not the kernel's own.",
            show_default="what made the kernel's own Rust, or any that its source takes",
        ),
    ] = None,
    suite: options.Suite = None,
    allow_expired: options.AllowExpired = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Make the `kernel` crate of a kernel's own source, for modules of the upstream API.

    It takes a minute or two, once; `build` does it by itself. Source and compiler come from the
    suite that the kernel was fetched from, and nothing is installed. Builds take what was prepared
    last.
    """
    from rkmbuild.kernel.find import select
    from rkmbuild.pipeline.api.upstream import sidecar

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    tree = select(release)
    way = sidecar.Way(link) if link else None
    there = None if source or toolchain else sidecar.find(tree, way)
    made = sidecar.get(
        tree,
        source,
        allow_mismatch=allow_mismatch,
        suite=suite,
        allow_expired=allow_expired,
        link=way,
        toolchain=toolchain,
    )
    console.status("Fresh" if there else "Prepared", made.why)
    console.detail(f"{made.folder}, for {made.rust.rustc}")
    if as_json:
        console.result(made.document())


def document(tree: "KernelTree") -> dict[str, Any]:
    """Return all that is known of a kernel, as `--json` shows it."""
    from rkmbuild.kernel.facts import description

    return description(tree) | {"upstream": prospect(tree)}


def prospect(tree: "KernelTree") -> dict[str, Any]:
    """Return how modules of the upstream API would be linked for a kernel, as `--json` shows it."""
    from rkmbuild.base.errors import KernelError
    from rkmbuild.pipeline.api.upstream import outlook, sidecar

    made = sidecar.find(tree)
    if made:
        return {"way": made.way, "why": made.why, "sidecar": str(made.folder)}
    try:
        told = outlook.of(tree)
    except KernelError as error:
        return {"way": None, "why": str(error), "sidecar": None}
    return {"way": told.way, "why": told.why, "sidecar": None}
