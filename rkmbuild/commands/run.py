"""`rkmbuild run`: load a module into a virtual machine's kernel, and say how that went."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild import console
from rkmbuild.commands import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from rkmbuild.kernel.tree import KernelTree
    from rkmbuild.run.klog import KernelMessage
    from rkmbuild.run.module import ModuleRun, Plan

_MODULE_ENDINGS = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")


def run(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="[PATH|KO]",
            help="Folder of the module project, built first if needed; or a finished module.",
            show_default=".",
        ),
    ] = Path(),
    package: options.Package = None,
    kernel: options.Kernel = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", "-p", metavar="NAME=VALUE", help="A parameter for the module."),
    ] = None,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="Time for loading and unloading."),
    ] = 30.0,
    shell: Annotated[
        bool, typer.Option("--shell", help="Load it and give a shell in the machine.")
    ] = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Load a module in a virtual machine, show what its kernel says, and unload it.

    Exit status: 0 loaded and unloaded cleanly, 20 no machine, 21 refused, 22 crashed, 23 hang.
    """
    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    ko, tree = _module(path, package, kernel)
    load(ko, tree, params=tuple(param or ()), timeout=timeout, shell=shell)


def load(
    ko: Path,
    tree: "KernelTree",
    *,
    params: tuple[str, ...] = (),
    timeout: float,
    shell: bool = False,
) -> None:
    """Run a finished module and show it; raises what it failed with."""
    from rkmbuild.run import module

    planned = module.plan(ko, tree, params=params)
    if shell:
        from rkmbuild.run.shell import interact

        interact(planned)
        return
    console.status("Booting", f"{tree.release} with `{planned.module.name}`")
    on_message = None if console.is_json() else _printer(planned)
    _show(module.run(planned, timeout=timeout, on_message=on_message))


def _module(path: Path, package: str | None, kernel: str | None) -> tuple[Path, "KernelTree"]:
    if path.name.endswith(_MODULE_ENDINGS) or path.is_file():
        from rkmbuild.errors import NotAModuleError
        from rkmbuild.kernel import find
        from rkmbuild.module import modinfo

        release = modinfo.read(path).release
        if not (kernel or release):
            raise NotAModuleError(
                f"{path} does not say what kernel it is for", hint="--kernel names one"
            )
        return path, find.select(kernel or release)
    from rkmbuild.build import pipeline, selection

    root = selection.select_one(path, package).root
    result = pipeline.build(pipeline.BuildRequest(path=root, kernel=kernel))
    return result.module, result.tree


def _printer(planned: "Plan") -> "Callable[[KernelMessage], None]":
    def show(message: "KernelMessage") -> None:
        if console.is_verbose() or (message.step is not None and message.step >= planned.loading):
            console.line(str(message))
            # As it happens, also for one who reads it through a pipe.
            sys.stdout.flush()

    return show


def _show(result: "ModuleRun") -> None:
    if console.is_json():
        console.result(result.document())
        if result.failure:
            raise typer.Exit(result.failure.code)
        return
    for trouble in result.guest.troubles:
        if not trouble.fatal:
            console.warning(f"the kernel warned: {trouble.title}")
    if result.failure:
        raise result.failure
    guest = result.guest
    console.status(
        "Finished",
        f"`{result.plan.module.name}` loaded and unloaded cleanly in {guest.seconds:.1f} s "
        f"({guest.accel.name}: {guest.accel.reason})",
    )
