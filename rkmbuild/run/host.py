"""Loads and unloads modules of the running kernel.

What can be known without asking the kernel is checked first; what the kernel then says is shown
in its own words. Nothing is ever forced.
"""

import contextlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, Self

from rkmbuild import cache, console
from rkmbuild.errors import (
    AlreadyLoadedError,
    CrashedError,
    InUseError,
    NotLoadedError,
    PermissionDeniedError,
    RefusedError,
    RkmbuildError,
)
from rkmbuild.module import compression, modinfo
from rkmbuild.run import compatible, kmsg, parameters, privilege, procmodules, records, refusal
from rkmbuild.run.kmsg import Record
from rkmbuild.run.privilege import Outcome
from rkmbuild.run.procmodules import LoadedModule


@dataclass(frozen=True, kw_only=True)
class Change:
    """A module that was loaded or unloaded.

    Attributes:
        name: The kernel's name for it.
        path: The file it was loaded from; None for an unload.
        replaced: Whether one of the same name was unloaded before.
        log: What the kernel printed meanwhile; None where its log may not be read.
    """

    name: str
    path: Path | None = None
    replaced: bool = False
    log: tuple[Record, ...] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        log = None if self.log is None else [record.document() for record in self.log]
        path = None if self.path is None else str(self.path)
        return {"name": self.name, "path": path, "replaced": self.replaced, "log": log}


def load(ko: Path, words: Sequence[str] = (), *, swap: bool = False) -> Change:
    """Load a module into the running kernel.

    Args:
        ko: The file, compressed or not.
        words: Parameters, as `name=value`.
        swap: Unload a loaded module of the same name first. If the new one is refused, the old
            one is put back, where a copy from its own load is at hand.

    Raises:
        NotAModuleError, MismatchError, UsageError: it is no module, none for this kernel, or has
            no such parameter.
        AlreadyLoadedError: one of this name is loaded.
        InUseError: the one to be replaced is in use.
        PermissionDeniedError: we are not root and cannot become it.
        RefusedError: the kernel refused it.
        CrashedError: the kernel met an oops while it loaded.
    """
    module = modinfo.read(ko)
    compatible.check(module, compatible.running())
    given = parameters.check(module, words)
    old = procmodules.find(module.name)
    if old is None and procmodules.is_built_in(module.name):
        raise AlreadyLoadedError(f"{module.name} is built into the running kernel")
    if old and not swap:
        raise AlreadyLoadedError(
            f"{module.name} is loaded already",
            hint="`rkmbuild load --replace` swaps it, `rkmbuild unload` takes it out",
        )
    if old:
        _free(old)
    with _plain(ko) as file, _Listening() as log:
        back = records.copy_of(old) if old else None
        record = records.LoadRecord(
            name=module.name,
            path=str(ko.absolute()),
            parameters=given,
            build_id=module.build_id,
            sequence=kmsg.next_sequence(),
            boot=records.boot_id(),
        )
        if old:
            _remove(old, log)
        try:
            _insert(module, file, given, log)
        except RkmbuildError as error:
            if old:
                _put_back(old, back, error)
            raise
        records.note(record, file)
        return Change(name=module.name, path=ko, replaced=old is not None, log=log.records())


def unload(name: str) -> Change:
    """Unload a module that nothing uses.

    Raises:
        NotLoadedError: there is none of this name.
        InUseError: something uses it, or it has no way out.
        PermissionDeniedError: we are not root and cannot become it.
        RefusedError, CrashedError: the kernel refused, or met an oops.
    """
    module = procmodules.find(name)
    if not module:
        plain = modinfo.module_name(name)
        if procmodules.is_built_in(name):
            raise NotLoadedError(f"{plain} is built into the kernel and cannot be unloaded")
        raise NotLoadedError(f"{plain} is not loaded", hint="`rkmbuild list` shows what is")
    _free(module)
    with _Listening() as log:
        _remove(module, log)
        records.forget(module.name)
        return Change(name=module.name, log=log.records())


def _free(module: LoadedModule) -> None:
    """Let a module pass that may be unloaded."""
    if module.state != "Live":
        raise InUseError(
            f"{module.name} is neither in nor out: its state is {module.state}",
            hint="if that lasts, its init or exit function hangs: `rkmbuild log` may say more",
        )
    if module.permanent:
        raise InUseError(f"{module.name} has no exit function: only a reboot takes it out")
    if module.used_by:
        users = ", ".join(module.used_by)
        raise InUseError(
            f"{module.name} is in use by {users} (refcount {module.refcount})",
            hint=f"unload them first: rkmbuild unload {module.used_by[-1]}",
        )
    if module.refcount > 0:
        raise InUseError(
            f"{module.name} is in use (refcount {module.refcount}), though by no other module",
            hint="a program has it open, mounted or running: close that first",
        )


def _insert(module: modinfo.Modinfo, file: Path, given: Sequence[str], log: "_Listening") -> None:
    outcome = privilege.kmod("insmod", [str(file.absolute()), *given])
    if outcome.returncode != 0:
        _fail(("load", module.name), outcome, log, depends=module.depends)


def _remove(module: LoadedModule, log: "_Listening") -> None:
    outcome = privilege.kmod("rmmod", [module.name])
    if outcome.returncode != 0:
        now = procmodules.find(module.name)
        if now and outcome.returncode > 0:
            _free(now)
        _fail(("unload", module.name), outcome, log)


def _fail(
    task: tuple[str, str], outcome: Outcome, log: "_Listening", *, depends: Sequence[str] = ()
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
            f"the kernel crashed while it was to {verb} {name}",
            hint="the machine is no longer sound: save your work and reboot",
            output=said,
        )
    reason, hint = refusal.explain(lines, outcome.said, procmodules.missing(depends))
    if seen is None:
        note = "the kernel's own words are for root only: sudo dmesg | tail"
        hint = f"{hint}\n{note}" if hint else note
    if refusal.is_about_rights(lines, outcome.said):
        raise PermissionDeniedError(f"{message}: {reason}", hint=hint, output=said)
    if "File exists" in outcome.said:
        raise AlreadyLoadedError(f"{message}: {reason}", hint=hint, output=said)
    raise RefusedError(f"{message}: {reason}", hint=hint, output=said)


def _put_back(
    old: LoadedModule, back: tuple[Path, records.LoadRecord] | None, error: RkmbuildError
) -> None:
    """Put the replaced module back after `error`, and add to it what became of that."""
    became = f"the {old.name} that was loaded before is no longer in the kernel"
    if back:
        file, record = back
        try:
            outcome = privilege.kmod("insmod", [str(file), *record.parameters])
        except RkmbuildError as second:
            outcome = Outcome(1, second.message)
        if outcome.returncode == 0:
            became = f"the {old.name} that was loaded before is back, with its parameters"
            console.detail(f"put back {file}, first loaded from {record.path}")
        else:
            became += f", and putting it back failed: {outcome.said.strip()}"
    else:
        became += ": it was not loaded by this user's rkmbuild, so there is no copy of it"
    error.message = f"{error.message}\n  {became}"


@contextlib.contextmanager
def _plain(ko: Path) -> Iterator[Path]:
    """Give a file that every insmod takes: it need not know how this one is compressed."""
    if not compression.is_compressed(ko):
        yield ko
        return
    data = compression.decompress(ko)
    with cache.writing(Path(tempfile.gettempdir())), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{re.split(r'[.]ko', ko.name)[0]}.ko"
        file.write_bytes(data)
        yield file


class _Listening:
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
            self._reader.__exit__(None, None, None)

    def records(self) -> tuple[Record, ...] | None:
        """Return all that came so far, or None where the log may not be read."""
        if not self._reader:
            return None
        self._seen.extend(self._reader.available())
        return tuple(self._seen)
