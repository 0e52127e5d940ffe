"""`rkmbuild cache`: ship a part of the cache to other machines, and take it there."""

from pathlib import Path
from typing import Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options

app = typer.Typer(help="Ship what takes long to build to other machines.", no_args_is_help=True)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")],
    what: Annotated[
        list[str] | None,
        typer.Option(
            "--what",
            metavar="KIND[/NAME]",
            help="Take this only: sysroot, bindings, kernel-crate, sidecar or rust-toolchain, or "
            "one of them by name; may be given several times.",
            show_default="all of these kinds",
        ),
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Write sysroots, bindings, kernel crates and sidecars of the cache into an archive.

    A sidecar takes along the rustc that reads it, where that was fetched.
    The same entries give the same bytes. `clean --list --json` and `build --plan --json` name them.
    """
    from rkmbuild.base import cache_archive

    console.configure(quiet=quiet, as_json=as_json)
    done = cache_archive.export(file, what or ())
    amount = f"{len(done.entries)} entries, {done.size / 1e6:.1f} MB"
    console.status("Exported", f"{amount}: {done.file}")
    if as_json:
        console.result(done.document())
    else:
        console.line(f"{done.sha256}  {done.file}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to read.")],
    sha256: Annotated[
        str | None,
        typer.Option(
            "--sha256",
            metavar="DIGEST",
            help="Refuse another archive than the one with this SHA256, which `export` prints.",
        ),
    ] = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Take what another machine exported into the cache: all of it, once it is verified.

    Its libraries become part of modules, and the compiler loads some: take it from whom you trust.
    """
    import re

    from rkmbuild.base import cache_import
    from rkmbuild.base.errors import UsageError

    console.configure(quiet=quiet, as_json=as_json)
    if sha256 is not None and not re.fullmatch(r"[0-9A-Fa-f]{64}", sha256):
        raise UsageError(f"--sha256 {sha256}: it needs 64 hexadecimal digits")
    done = cache_import.take(file, sha256)
    there = sum(each.present for each in done)
    known = f", {there} of which were there already" if there else ""
    console.status("Imported", f"{len(done)} entries{known}")
    if as_json:
        entries = [each.document() for each in done]
        console.result({"file": str(file), "entries": entries})
