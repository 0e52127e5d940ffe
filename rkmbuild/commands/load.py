"""`rkmbuild load`: put a module into the running kernel."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.base.errors import UsageError
from rkmbuild.commands import options, traces

if TYPE_CHECKING:
    from rkmbuild.host.host import Change


def load(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KO|PATH] [NAME=VALUE]...",
            help="A module file or a project's folder (the current one), then parameters.",
            show_default=False,
        ),
    ] = None,
    package: options.Package = None,
    swap: Annotated[
        bool, typer.Option("--replace", help="Unload a loaded module of the same name first.")
    ] = False,
    first_build: Annotated[
        bool, typer.Option("--build", help="Build the project first, if anything changed.")
    ] = False,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="RULE",
            help="Load it although it breaks this rule of `rkmbuild check`; may be repeated.",
        ),
    ] = None,
    persist: Annotated[
        bool, typer.Option("--persist", help="Have it loaded at every boot of this kernel as well.")
    ] = False,
    remove_persist: Annotated[
        bool,
        typer.Option(
            "--remove-persist",
            help="Undo --persist for a module, named or given as above; load and unload nothing.",
        ),
    ] = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Load a module into the running kernel, and before it the modules that it needs.

    They are judged first, as `rkmbuild check --running` does. Root, by sudo
    where you are not, only loads them, and installs them for --persist.
    """
    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    target, parameters = _parted(words or [])
    if remove_persist:
        if parameters or swap or first_build or allow or persist:
            raise UsageError("--remove-persist needs a module, and nothing else")
        _remove_persistent(target, package)
        return
    from rkmbuild.host import host, request
    from rkmbuild.host import persist as at_boot

    ko = request.module_file(target, package, build=first_build)
    with traces.explained(ko):
        if not persist:
            show_change(host.load(ko, parameters, swap=swap, allow=allow or ()))
            return
        change, files = at_boot.load(ko, parameters, swap=swap, allow=allow or ())
    show_change(change, {"persistent": list(map(str, files))})
    for file in files:
        console.status("Installed", str(file))


def _remove_persistent(target: Path, package: str | None) -> None:
    from rkmbuild.host import persist, request

    name = request.module_name(target, package)
    files = persist.remove(name.partition(".ko")[0])
    if console.is_json():
        console.result({"name": name, "removed": list(map(str, files))})
    for file in files:
        console.status("Removed", str(file))


def show_change(change: "Change", more: dict[str, list[str]] | None = None) -> None:
    """Show what the kernel printed, and what became of the modules.

    Args:
        change: What was done.
        more: What `--json` shows besides.
    """
    if console.is_json():
        console.result(change.document() | (more or {}))
        return
    for record in change.log or ():
        for line in record.lines():
            console.line(line)
    from rkmbuild.kernel.loaded import counted

    for name in change.unloaded:
        console.status("Unloaded", name)
    for module in change.loaded:
        verb = "Replaced" if change.replaced and module.name == change.name else "Loaded"
        console.status(verb, counted(module))


def _parted(words: list[str]) -> tuple[Path, list[str]]:
    """Part the file or folder from the parameters: it comes first, and may be left out."""
    if words and ("=" not in words[0] or Path(words[0]).exists()):
        return Path(words[0]), words[1:]
    return Path(), words
