"""Puts one module into the running kernel or takes it out, and explains what the kernel said."""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NoReturn, Self

from rkmbuild.base import cache
from rkmbuild.base.errors import (
    AlreadyLoadedError,
    CrashedError,
    InUseError,
    PermissionDeniedError,
    RefusedError,
)
from rkmbuild.host import privilege, procmodules
from rkmbuild.host.privilege import ProgramResult
from rkmbuild.kernel.loaded import LoadedModule
from rkmbuild.klog import kmsg, refusal
from rkmbuild.klog.kmsg import Record
from rkmbuild.ko import compression, modinfo


class Listening:
    """The kernel's log from now on, as far as we may read it."""

    def __init__(self) -> None:
        self._reader: kmsg.Reader | None = None
        self._seen: list[Record] = []

    def __enter__(self) -> Self:
        with contextlib.suppress(PermissionDeniedError, RefusedError):
            self._reader = kmsg.Reader(from_now=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader:
            self._reader.close()

    def records(self) -> tuple[Record, ...] | None:
        """Return all that came so far, or None where the log may not be read."""
        if not self._reader:
            return None
        self._seen.extend(self._reader.available())
        return tuple(self._seen)


def insert(module: modinfo.Modinfo, file: Path, given: Sequence[str], log: Listening) -> None:
    """Load a module.

    Args:
        module: What it says of itself.
        file: It, not compressed.
        given: Parameters, as the kernel reads them.
        log: The kernel's log.

    Raises:
        PermissionDeniedError: we are not root and cannot become it.
        RefusedError, AlreadyLoadedError: the kernel refused it.
        CrashedError: the kernel met an oops while it loaded.
    """
    outcome = privilege.run("insmod", [str(file.absolute()), *given])
    if outcome.returncode != 0:
        _fail(("load", module.name), outcome, log, depends=module.depends)


def remove(module: LoadedModule, log: Listening) -> None:
    """Unload a module; raises as `insert` does, and InUseError if something uses it."""
    outcome = privilege.run("rmmod", [module.name])
    if outcome.returncode != 0:
        now = procmodules.find(module.name)
        if now and outcome.returncode > 0:
            free(now)
        _fail(("unload", module.name), outcome, log)


def free(module: LoadedModule, *, but_for: Sequence[str] = ()) -> None:
    """Let a module pass that may be unloaded.

    Args:
        module: The module.
        but_for: Modules that use it and will be gone by then.

    Raises:
        InUseError: something uses it, it has no way out, or it is neither in nor out.
    """
    if module.state != "Live":
        raise InUseError(
            f"{module.name} is being loaded or unloaded: its state is {module.state}",
            hint="if that lasts, its init or exit function hangs: `rkmbuild log` may say more",
        )
    if module.permanent:
        raise InUseError(
            f"{module.name} has no exit function: it cannot be unloaded without a reboot"
        )
    users = [name for name in module.used_by if name not in but_for]
    if users:
        raise InUseError(
            f"{module.name} is in use by {', '.join(users)} (refcount {module.refcount})",
            hint=f"rkmbuild unload --with-users {module.name} unloads them first",
        )
    # Each module that uses another one counts once (kernel/module/main.c, add_module_usage).
    if module.refcount > len(module.used_by):
        others = "by no module" if not module.used_by else "not by modules alone"
        raise InUseError(
            f"{module.name} is in use (refcount {module.refcount}), though {others}",
            hint="a program has it open, mounted or running: close that first",
        )


@contextlib.contextmanager
def plain(ko: Path) -> Iterator[Path]:
    """Give a file that every insmod takes: it need not know how this one is compressed."""
    if not compression.is_compressed(ko):
        yield ko
        return
    data = compression.decompress(ko)
    with cache.writing(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{re.split(r'[.]ko', ko.name)[0]}.ko"
        file.write_bytes(data)
        yield file


def _fail(
    task: tuple[str, str], outcome: ProgramResult, log: Listening, *, depends: Sequence[str] = ()
) -> NoReturn:
    """Raise for a step that failed: the kernel's own lines, the program's, then ours.

    Args:
        task: `load` or `unload`, and the module.
    """
    verb, name = task
    message = f"the kernel refused to {verb} {name}"
    seen = log.records()
    lines = [line for record in seen or () for line in record.lines()]
    said = "\n".join([*lines, outcome.said.strip()])
    # The program is killed by the oops that its system call met (kernel/exit.c, make_task_dead).
    if outcome.returncode < 0 or outcome.returncode > 128:
        raise CrashedError(
            f"the kernel crashed when asked to {verb} {name}",
            hint="the kernel is no longer stable: save your work and reboot",
            output=said,
        )
    reason, hint = refusal.explain(lines, outcome.said, procmodules.missing(depends))
    if seen is None:
        note = "only root can read the kernel's log: sudo dmesg | tail"
        hint = f"{hint}\n{note}" if hint else note
    if refusal.is_about_rights(lines, outcome.said):
        raise PermissionDeniedError(f"{message}: {reason}", hint=hint, output=said)
    if "File exists" in outcome.said:
        raise AlreadyLoadedError(f"{message}: {reason}", hint=hint, output=said)
    raise RefusedError(f"{message}: {reason}", hint=hint, output=said)
