"""`rkmbuild kernel`: the kernels that can be built for."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import kernel_build, kernel_prepare, options

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(no_args_is_help=True, help="List, show, fetch, build, add and remove kernels.")


@app.command("list")
def list_(
    available: Annotated[
        bool, typer.Option("--available", help="List those that can be fetched instead.")
    ] = False,
    suite: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="With --available: a suite of the archive; may be given several times.",
            show_default="what this machine's packages come from",
        ),
    ] = None,
    allow_expired: options.AllowExpired = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """List the kernels that can be built for: running, installed, added, fetched and built."""
    from rkmbuild.base.errors import UsageError
    from rkmbuild.commands import kernel_tables
    from rkmbuild.kernel.facts import summary
    from rkmbuild.kernel.find import survey

    console.configure(verbose=verbose, as_json=as_json)
    if available:
        _list_available(suite or [None], allow_expired=allow_expired)
        return
    if suite or allow_expired:
        raise UsageError(
            "--suite and --allow-expired go with --available",
            hint="`rkmbuild kernel list --available --suite NAME` lists what a suite has",
        )
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
    kernel_tables.kernels(found.kernels)
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
    api: Annotated[
        list[str] | None,
        typer.Option(
            "--api",
            metavar="NAME",
            help="Show whether it has this function, macro, constant, type, or STRUCTURE.FIELD, "
            "and since which Linux that is there, if known; may be repeated.",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Show all that is known of one kernel, or whether it has certain functions."""
    from rkmbuild.commands import kernel_tables
    from rkmbuild.kernel import own_rust
    from rkmbuild.kernel.facts import facts
    from rkmbuild.kernel.find import select

    console.configure(as_json=as_json)
    tree = select(release)
    if api:
        from rkmbuild.pipeline.api.lookup import look_up

        found = look_up(tree, api)
        if as_json:
            console.result({"release": tree.release, "api": [each.document() for each in found]})
            return
        kernel_tables.api(found)
        return
    known = kernel_prepare.document(tree)
    if as_json:
        console.result(known)
        return
    for label, text in kernel_tables.labelled(tree, known):
        console.line(f"{label:<12} {text}")
    own = own_rust.of(tree)
    if own:
        console.line(f"{'its own Rust':<12} {own}")
    prospect = known["upstream"]
    made = "made" if prospect["sidecar"] else "not made yet"
    how = f"{prospect['way']}, {made}: " if prospect["way"] else "none: "
    console.line(f"{'upstream API':<12} {how}{prospect['why']}")
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
            help="The distribution's word: cloud, amd64, rt; generic is its ordinary one.",
            show_default="the one with the smallest image",
        ),
    ] = None,
    suite: options.Suite = None,
    folder: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DIR",
            help="Take it from a folder of .deb or .rpm files, by its path or as file:///PATH.",
            show_default="the distribution's archive",
        ),
    ] = None,
    allow_expired: options.AllowExpired = False,
    debug_symbols: Annotated[
        bool,
        typer.Option(
            "--debug-symbols", help="Get the kernel's debug information too, gigabytes of it."
        ),
    ] = False,
    no_compiler: Annotated[
        bool,
        typer.Option(
            "--no-compiler",
            help="Leave out the kernel's gcc, where this machine's is older: clang is used then.",
        ),
    ] = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Get a kernel's headers and image from the distribution; nothing is installed."""
    from rkmbuild.base.errors import UsageError
    from rkmbuild.distro import sources
    from rkmbuild.kernel import fetch as fetching

    console.configure(quiet=quiet, as_json=as_json)
    if folder and suite:
        raise UsageError("--from is a folder, which has no suites: leave out one of the two")
    source = None
    if folder:
        source = sources.of_folder(folder)
    elif suite:
        source = sources.of_this_machine(suite, allow_expired=allow_expired)
    elif allow_expired:
        raise options.expired_without_suite()
    tree = fetching.fetch(
        series, flavour, source, debug_symbols=debug_symbols, with_compiler=not no_compiler
    )
    if as_json:
        console.result(kernel_prepare.document(tree))
    else:
        console.note(f"`--kernel {tree.release}` builds for it; it is in {tree.build}")


app.command("build-debug")(kernel_build.build_debug)
app.command("prepare")(kernel_prepare.prepare)


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

    console.configure(quiet=quiet, as_json=as_json)
    tree = adding.add(path, image=image, modules=modules, name=name)
    console.status("Added", f"{tree.release}, in {tree.build}")
    if tree.image is None:
        console.note("no image was found to boot it from; --image names one")
    if as_json:
        console.result(kernel_prepare.document(tree))


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
    """Remove a fetched or built kernel, or forget an added one, whose files stay."""
    from rkmbuild.kernel import fetch as fetching

    console.configure(quiet=quiet)
    fetching.remove(release)


def _list_available(suites: "Sequence[str | None]", *, allow_expired: bool) -> None:
    from rkmbuild.commands import kernel_tables
    from rkmbuild.distro import sources
    from rkmbuild.kernel.available import available

    asked = [sources.of_this_machine(name, allow_expired=allow_expired) for name in suites]
    found = [each for source in asked for each in available(source)]
    if console.is_json():
        console.result({"available": [each.document() for each in found]})
    elif found:
        kernel_tables.available(found)
    else:
        console.note("no kernel with headers and an image is offered")
