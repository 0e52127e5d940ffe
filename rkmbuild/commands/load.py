"""`rkmbuild load`: put a module into the running kernel."""

import os
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
    from rkmbuild.host import host

    ko = target if _is_file(target) else _built(target, package, first_build=first_build)
    if not persist:
        with traces.explained(ko):
            change = host.load(ko, parameters, swap=swap, allow=allow or ())
        show_change(change)
        return
    from rkmbuild.host import persist as persistent

    installation = persistent.install(ko, parameters)
    with traces.explained(ko):
        change = host.load_unless_there(ko, parameters, swap=swap, allow=allow or ())
    try:
        installation.carry_out()
    except BaseException:
        console.note(f"{change.name} is loaded, but will not be at the next boot")
        raise
    show_change(change, {"persistent": list(map(str, installation.files))})
    for file in installation.files:
        console.status("Installed", str(file))


def _remove_persistent(target: Path, package: str | None) -> None:
    from rkmbuild.host import persist

    name = target.name
    if target.is_file():
        from rkmbuild.ko import modinfo

        name = modinfo.read(target).name
    elif (target / "Cargo.toml").is_file() or not name:
        from rkmbuild.project import selection

        name = selection.select_one(target, package).module
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


def _is_file(target: Path) -> bool:
    return ".ko" in target.suffixes or (not target.is_dir() and target.name != "Cargo.toml")


def _built(path: Path, package: str | None, *, first_build: bool) -> Path:
    """Return the module of a project, built for the running kernel."""
    from rkmbuild.base.errors import ProjectError
    from rkmbuild.project import selection

    release = os.uname().release
    found = selection.select_one(path, package)
    if first_build:
        from rkmbuild.pipeline import pipeline

        return pipeline.build(pipeline.BuildRequest(path=found.root, kernel=release)).module
    ko = found.target / release / f"{found.module}.ko"
    if not ko.exists():
        raise ProjectError(
            f"{found.package} has not been built for the running kernel, {release}",
            hint="`rkmbuild load --build` builds it first",
        )
    return ko
