"""`rkmbuild run`: load a module into a virtual machine's kernel, and say how that went."""

import functools
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.commands import options, traces

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkmbuild.guest.trial import ModuleRun, Plan
    from rkmbuild.kernel.tree import KernelTree
    from rkmbuild.klog.klog import KernelMessage
    from rkmbuild.trace.decode import Decoder
    from rkmbuild.trace.decoded import Decoded


def run(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="[PATH|FILE.rs|KO]",
            help="What `build` takes, built first if needed; or a finished module.",
            show_default=".",
        ),
    ] = Path(),
    package: options.Package = None,
    kernel: options.KernelToRun = None,
    image: options.Image = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="NAME=VALUE", help="A parameter for the module."),
    ] = None,
    append: options.Append = None,
    timeout: Annotated[
        float,
        typer.Option(min=0.1, metavar="SECONDS", help="Time for loading and unloading."),
    ] = 30.0,
    shell: Annotated[
        bool, typer.Option("--shell", help="Load it and open a shell in the machine.")
    ] = False,
    raw: options.Raw = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Load a module in a virtual machine, show what its kernel says, and unload it.

    Under each trace stand the functions, files and lines of the module that it is about.

    Exit status: 0 loaded and unloaded cleanly, 20 no machine, 21 refused, 22 crashed, 23 hang.
    """
    from rkmbuild.guest import request

    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    ko, tree = request.module(path, package, kernel, image)
    load(
        ko,
        tree,
        params=tuple(param or ()),
        append=tuple(append or ()),
        timeout=timeout,
        shell=shell,
        raw=raw,
    )


def load(
    ko: Path,
    tree: "KernelTree",
    *,
    params: tuple[str, ...] = (),
    append: tuple[str, ...] = (),
    timeout: float,
    shell: bool = False,
    raw: bool = False,
) -> None:
    """Run a finished module and show it; raises what it failed with."""
    from rkmbuild.guest import trial

    planned = trial.plan(ko, tree, params=params, append=append)
    if shell:
        from rkmbuild.guest.shell import interact

        interact(planned)
        return
    console.status("Booting", f"{tree.release} with `{planned.module.name}`")
    shown = _Shown(planned, raw=raw)
    result = trial.run(planned, timeout=timeout, on_message=shown.message)
    _show(result, shown.end())


class _Shown:
    """What goes out while the guest runs, and the traces in it."""

    def __init__(self, planned: "Plan", *, raw: bool) -> None:
        self._planned = planned
        self._raw = raw
        self._decoded: list[Decoded] = []

    @functools.cached_property
    def _decoder(self) -> "Decoder | None":
        """Made when the first line comes: its parts are loaded while the guest boots."""
        from rkmbuild.trace import guest_log

        return None if self._raw else guest_log.decoder(self._planned)

    def message(self, message: "KernelMessage") -> None:
        if self._decoder:
            self._take(self._decoder.feed(message.text))
        late = message.step is not None and message.step >= self._planned.loading
        if not console.is_json() and (late or console.is_verbose()):
            console.line(str(message))
            # As it happens, also for one who reads it through a pipe.
            sys.stdout.flush()

    def end(self) -> "Sequence[Decoded]":
        if self._decoder:
            self._take(self._decoder.flush())
        return self._decoded

    def _take(self, decoded: "Decoded | None") -> None:
        if decoded:
            self._decoded.append(decoded)
            if not console.is_json():
                traces.show(decoded)


def _show(result: "ModuleRun", decoded: "Sequence[Decoded]") -> None:
    from rkmbuild.kernel.loaded import counted
    from rkmbuild.klog.kinds import Verdict

    failure = result.failure
    if console.is_json():
        console.result(result.document() | {"decoded": [each.document() for each in decoded]})
        if failure:
            raise typer.Exit(failure.code)
        return
    for trouble in result.guest.troubles:
        if trouble.early and trouble.verdict is Verdict.FAILS:
            console.warning(f"the kernel reported before any module was there: {trouble.title}")
        elif trouble.verdict is Verdict.NOTE:
            console.note(f"the kernel noted: {trouble.title}")
        elif not trouble.fatal:
            console.warning(f"the kernel warned: {trouble.title}")
    if failure:
        place = traces.told(decoded)
        failure.hint = "\n".join(line for line in (place, failure.hint) if line) or None
        raise failure
    loaded = result.loaded
    for each in reversed(loaded if len(loaded) > 1 else ()):
        console.status("Loaded", counted(each))
    ended = result.guest
    console.status(
        "Finished",
        f"`{result.plan.module.name}` loaded and unloaded cleanly in {ended.seconds:.1f} s "
        f"({ended.accel.name}: {ended.accel.reason})",
    )
