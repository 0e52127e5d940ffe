"""`rkmbuild kernel`: the kernels that can be built for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.kernel.tree import KernelTree

app = typer.Typer(no_args_is_help=True, help="List, show, fetch, add and remove kernels.")


@app.command("list")
def list_(verbose: options.Verbose = False, as_json: options.Json = False) -> None:
    """List the kernels that can be built for: running, installed, added and fetched."""
    from rkmbuild.kernel.facts import summary
    from rkmbuild.kernel.find import survey

    console.configure(verbose=verbose, as_json=as_json)
    found = survey()
    for path, why in found.passed_over:
        console.warning(f"skipped {path}: {why.message}")
        console.detail(f"  {why.hint}")
    if as_json:
        passed_over = [
            {"path": str(path), "reason": why.message, "hint": why.hint}
            for path, why in found.passed_over
        ]
        kernels = [summary(tree) for tree in found.kernels]
        console.result({"kernels": kernels, "passed_over": passed_over})
        return
    if not found.kernels:
        console.note("no kernel to build for was found; `rkmbuild kernel fetch` fetches one")
        return
    columns = ["RELEASE", "FROM", "COMPILER", "CONFIG_RUST", "IMAGE"]
    console.table(columns, [_row(tree) for tree in found.kernels])
    for tree in found.kernels:
        console.detail(f"{tree.release}: {tree.build}")


@app.command()
def show(
    release: Annotated[
        str | None,
        typer.Argument(
            metavar="[RELEASE]",
            help="A release, a unique part of one, an added one's name, or a path to a tree.",
            show_default="the one that `rkmbuild build` would use",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show all that is known of one kernel."""
    from rkmbuild.kernel import own_rust
    from rkmbuild.kernel.facts import description, facts
    from rkmbuild.kernel.find import select

    console.configure(as_json=as_json)
    tree = select(release)
    known = description(tree)
    if as_json:
        console.result(known)
        return
    for label, text in _labelled(tree, known["symvers"]):
        console.line(f"{label:<12} {text}")
    own = own_rust.of(tree)
    if own:
        console.line(f"{'its own Rust':<12} {own}")
    console.line()
    rows = [[f"CONFIG_{fact.name}", fact.value or "-", fact.matter] for fact in facts(tree)]
    console.table(["OPTION", "VALUE", "WHAT IT MEANS FOR A MODULE"], rows)


@app.command()
def fetch(
    series: Annotated[
        str | None,
        typer.Argument(
            metavar="[SERIES]",
            help="6.12, or more of a release up to all of it.",
            show_default="the newest that the distribution recommends",
        ),
    ] = None,
    flavour: Annotated[
        str | None,
        typer.Option(
            help="The distribution's word: cloud, amd64, rt, generic.",
            show_default="the one with the smallest image",
        ),
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Get a kernel's headers and image from the distribution; nothing is installed."""
    from rkmbuild.kernel import fetch as fetching
    from rkmbuild.kernel.facts import description

    console.configure(quiet=quiet, as_json=as_json)
    tree = fetching.fetch(series, flavour)
    if as_json:
        console.result(description(tree))
    else:
        console.note(f"`--kernel {tree.release}` builds for it; it is in {tree.build}")


@app.command()
def add(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A kernel's build or headers, or a folder below which it was unpacked.",
        ),
    ],
    image: options.Image = None,
    modules: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Its modules: lib/modules/RELEASE, or a root folder with it.",
            show_default="those found with it",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="A name for it, which --kernel takes.", show_default="none")
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Remember a kernel that lies anywhere: a build of one's own, WSL2's, NixOS', Yocto's.

    It is checked, and listed from then on; nothing is copied, and emptying the cache keeps it.
    """
    from rkmbuild.kernel import add as adding
    from rkmbuild.kernel.facts import description

    console.configure(quiet=quiet, as_json=as_json)
    tree = adding.add(path, image=image, modules=modules, name=name)
    console.status("Added", f"{tree.release}, in {tree.build}")
    if tree.image is None:
        console.note("no image was found to boot it from; --image names one")
    if as_json:
        console.result(description(tree))


@app.command()
def remove(
    release: Annotated[
        str,
        typer.Argument(
            metavar="RELEASE", help="The release, a unique part of it, or an added one's name."
        ),
    ],
    quiet: options.Quiet = False,
) -> None:
    """Remove a fetched kernel, or forget an added one, whose files stay."""
    from rkmbuild.kernel import fetch as fetching

    console.configure(quiet=quiet)
    fetching.remove(release)


def _row(tree: "KernelTree") -> list[str]:
    return [
        tree.release,
        f"{tree.origin} ({tree.name})" if tree.name else tree.origin.value,
        f"{tree.compiler.kind} {'.'.join(map(str, tree.compiler.version))}",
        "yes" if tree.config.on("RUST") else "no",
        "yes" if tree.image else "no",
    ]


def _labelled(tree: "KernelTree", symvers: dict[str, str | int] | None) -> list[tuple[str, object]]:
    symbols = f"{symvers['path']} ({symvers['symbols']} symbols)" if symvers else "none"
    return [
        ("release", tree.release),
        ("version", tree.version),
        ("arch", tree.arch),
        ("from", f"{tree.origin} ({tree.name})" if tree.name else tree.origin),
        ("compiler", tree.compiler.text),
        ("build", tree.build),
        ("source", tree.source),
        ("symvers", symbols),
        ("image", tree.image or "none"),
        ("System.map", tree.system_map or "none"),
        ("modules", tree.modules or "none"),
    ]
