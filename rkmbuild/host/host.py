"""Loads modules into the running kernel with all that they need, and unloads them.

What can be known without asking the kernel is checked first; what the kernel then says is shown
in its own words. Nothing is ever forced, and what fails in the middle is taken back.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from rkmbuild.base import console
from rkmbuild.base.errors import (
    AlreadyLoadedError,
    CrashedError,
    InUseError,
    NotLoadedError,
    RkmbuildError,
)
from rkmbuild.host import insertion, loading, precheck, privilege, procmodules, records
from rkmbuild.host.insertion import Listening
from rkmbuild.host.loading import Loading, Part
from rkmbuild.kernel.loaded import LoadedModule
from rkmbuild.kernel.names import module_name
from rkmbuild.klog.kmsg import Record
from rkmbuild.ko import modinfo, needs, parameters
from rkmbuild.verdict.findings import Verdict

# Seconds between two looks at who uses a module.
_POLL = 0.05


@dataclass(frozen=True, kw_only=True)
class Change:
    """What was loaded or unloaded.

    Attributes:
        name: The kernel's name for the module that was asked for.
        path: The file it was loaded from; None for an unload.
        replaced: Whether one of the same name was unloaded before.
        loaded: What was loaded, in that order, as it is in the kernel now.
        unloaded: Names of what was unloaded, in that order.
        verdicts: What `check` said of each module before.
        log: What the kernel printed meanwhile; None where its log may not be read.
    """

    name: str
    path: Path | None = None
    replaced: bool = False
    loaded: tuple[LoadedModule, ...] = ()
    unloaded: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    log: tuple[Record, ...] | None = None

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        log = None if self.log is None else [record.document() for record in self.log]
        return {
            "name": self.name,
            "path": None if self.path is None else str(self.path),
            "replaced": self.replaced,
            "loaded": [module.references() for module in self.loaded],
            "unloaded": list(self.unloaded),
            "findings": [
                {"module": verdict.module} | finding.document()
                for verdict in self.verdicts
                for finding in verdict.findings
            ],
            "log": log,
        }


def load(
    ko: Path, words: Sequence[str] = (), *, swap: bool = False, allow: Iterable[str] = ()
) -> Change:
    """Load a module into the running kernel, and before it those that it needs.

    Args:
        ko: The file, compressed or not.
        words: Parameters, as `name=value`; `other.name=value` for one that is loaded with it.
        swap: Unload a loaded module of the same name first. If the new one is refused, the old
            one is put back, where a copy from its own load is at hand.
        allow: Rules of `check` that may be broken.

    Raises:
        NotAModuleError, UsageError: it is no module, or has no such parameter; no such rule.
        AlreadyLoadedError: one of this name is loaded.
        MismatchError, RefusedByKernelError, DangerousModuleError: by its rules the kernel would
            refuse it, or suffer from it.
        InUseError: the one to be replaced is in use.
        PermissionDeniedError: we are not root and cannot become it.
        RefusedError: the kernel refused it.
        CrashedError: the kernel met an oops while it loaded.
    """
    allowed = precheck.rules(allow)
    module = modinfo.read(ko)
    old = _loaded_now(module, swap=swap)
    before, main, after = _parts(module, words, allowed)
    judge = precheck.Judge(allowed)
    before, after = _judged(before, main, after, judge, replaced=bool(old))
    if old:
        insertion.free(old)
    with Listening() as log:
        going = Loading(log, old)
        try:
            for part in before:
                going.add_needed(part)
            going.swap_out()
            going.add(main)
            for part in after:
                going.add(part)
        except CrashedError:
            # A kernel that met an oops is left alone.
            raise
        except BaseException as error:
            with privilege.uninterrupted():
                told = [*going.take_back(), *going.put_back()]
            if isinstance(error, RkmbuildError):
                error.message = "\n  ".join([error.message, *told])
            else:
                for line in told:
                    console.note(line)
            raise
        found = [procmodules.find(part.module.name) for part in going.done]
        return Change(
            name=module.name,
            path=ko,
            replaced=old is not None,
            loaded=tuple(module for module in found if module),
            verdicts=tuple(judge.verdicts),
            log=log.records(),
        )


def load_unless_there(
    ko: Path, words: Sequence[str] = (), *, swap: bool = False, allow: Iterable[str] = ()
) -> Change:
    """Load a module as `load` does, unless this very build of it is in the kernel."""
    module = modinfo.read(ko)
    now = procmodules.find(module.name)
    if not now or swap or not module.build_id or now.build_id != module.build_id:
        return load(ko, words, swap=swap, allow=allow)
    precheck.rules(allow)
    console.note(f"{module.name} is loaded already, and is left as it is")
    return Change(name=module.name, path=ko)


def unload(name: str, *, with_users: bool = False, wait: float = 0) -> Change:
    """Unload a module that nothing uses.

    Args:
        name: The module.
        with_users: Unload modules that use it before.
        wait: Seconds to wait for what uses it now, where that may end.

    Raises:
        NotLoadedError: there is none of this name.
        InUseError: something uses it, or it has no way out.
        PermissionDeniedError: we are not root and cannot become it.
        RefusedError, CrashedError: the kernel refused, or met an oops.
    """
    module = procmodules.find(name)
    if not module:
        plain = module_name(name)
        if procmodules.is_built_in(name):
            raise NotLoadedError(f"{plain} is built into the kernel and cannot be unloaded")
        raise NotLoadedError(f"{plain} is not loaded", hint="`rkmbuild list` shows what is")
    modules = _free(module, with_users=with_users, until=monotonic() + wait)
    gone: list[str] = []
    with Listening() as log:
        for each in modules:
            try:
                insertion.remove(each, log)
            except RkmbuildError as error:
                if gone:
                    error.message += f"\n  unloaded before: {', '.join(gone)}"
                raise
            records.forget(each.name)
            gone.append(each.name)
        return Change(name=module.name, unloaded=tuple(gone), log=log.records())


def _free(module: LoadedModule, *, with_users: bool, until: float) -> tuple[LoadedModule, ...]:
    """Return what is to be unloaded, once nothing else uses it.

    Args:
        module: The module.
        with_users: Whether modules that use it are unloaded as well.
        until: When to give up, by the clock that never goes back: seconds.

    Raises:
        NotLoadedError: it went by itself meanwhile.
        InUseError: something uses it still, or it has no way out.
    """
    while True:
        modules = procmodules.users_first(module) if with_users else (module,)
        going = [each.name for each in modules]
        try:
            for each in modules:
                insertion.free(each, but_for=going)
        except InUseError:
            if monotonic() >= until or any(each.permanent for each in modules):
                raise
        else:
            return modules
        # The kernel frees a BPF program a grace period after the last one has let it go, which
        # takes from 10 ms to some tenths of a second, and tells nobody.
        sleep(_POLL)
        now = procmodules.find(module.name)
        if not now:
            raise NotLoadedError(f"{module.name} is no longer loaded: something else unloaded it")
        module = now


def _loaded_now(module: modinfo.Modinfo, *, swap: bool) -> LoadedModule | None:
    old = procmodules.find(module.name)
    if old is None and procmodules.is_built_in(module.name):
        raise AlreadyLoadedError(f"{module.name} is built into the running kernel")
    if old and not swap:
        raise AlreadyLoadedError(
            f"{module.name} is loaded already",
            hint="`rkmbuild load --replace` replaces it, `rkmbuild unload` unloads it",
        )
    return old


def _parts(
    module: modinfo.Modinfo, words: Sequence[str], allowed: frozenset[str]
) -> tuple[list[Part], Part, list[Part]]:
    """Return what is to be loaded: before the module, itself, and after it."""
    modules = needs.installed()
    present = {loaded.name for loaded in procmodules.loaded()}
    order = needs.order(module, modules, present=present)
    if order.missing and "symbol-unknown" not in allowed:
        places = [module.path.absolute().parent, *([modules] if modules else [])]
        raise precheck.missing(module, order.missing, places)
    others = {needed: modinfo.read(needed.file) for needed in (*order.before, *order.after)}
    given = parameters.for_each(module, others.values(), words)

    def part(needed: needs.Needed) -> Part:
        other = others[needed]
        return Part(module=other, parameters=given.get(other.name, ()), wanted=needed.wanted)

    main = Part(module=module, parameters=given.get(module.name, ()))
    return [*map(part, order.before)], main, [*map(part, order.after)]


def _judged(
    before: list[Part],
    main: Part,
    after: list[Part],
    judge: precheck.Judge,
    *,
    replaced: bool,
) -> tuple[list[Part], list[Part]]:
    """Return those of the parts before and after the module that may be loaded."""

    def passes(part: Part) -> bool:
        try:
            judge.let_pass(part.module, replaced=part is main and replaced)
        except RkmbuildError as error:
            if not part.wanted:
                raise
            loading.leave_out(part, error)
            return False
        return True

    first = [part for part in before if passes(part)]
    passes(main)
    return first, [part for part in after if passes(part)]
