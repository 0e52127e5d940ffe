"""Load a module in a guest, unload it again, and say how that went."""

import errno
import os
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rkmbuild.base.errors import CrashedError, HangError, RefusedInGuestError, RkmbuildError
from rkmbuild.guest import boot, initramfs
from rkmbuild.guest.result import GuestResult, Outcome, Step
from rkmbuild.kernel import loaded
from rkmbuild.kernel.loaded import LoadedModule
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog import refusal
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.ko import compression, modinfo, needs, parameters
from rkmbuild.ko.demangle import demangle
from rkmbuild.ko.modinfo import Modinfo

# KERN_ERR; the remarks on taints and signatures, printed for each of our modules, are below it.
_ERR = 3


class Verdict(StrEnum):
    """How it went."""

    CLEAN = "clean"
    REFUSED = "refused"
    CRASHED = "crashed"
    HANG = "hang"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a guest needs for a module.

    Attributes:
        module: What the module says of itself.
        tree: The kernel.
        files: The module and those that it needs, by their paths in the guest.
        script: The commands: one for each module that goes in before it, then `loading`, then one
            for each that its softdeps want after it, then `counting`; those are unloaded, as they
            may use it, and then it is `unloading`.
        loading: The index of the command that loads the module.
        counting: The index of the command that shows /proc/modules.
        missing: Modules that it needs and that were found nowhere.
        append: More of the kernel's command line.
    """

    module: Modinfo
    tree: KernelTree
    files: dict[str, initramfs.Content]
    script: tuple[str, ...]
    loading: int
    counting: int
    missing: tuple[str, ...]
    append: str = ""

    @property
    def unloading(self) -> int:
        """The index of the command that unloads it."""
        return len(self.script) - 1


@dataclass(frozen=True, kw_only=True)
class ModuleRun:
    """How a module went in a guest.

    Attributes:
        plan: What was to be done.
        guest: What came of the guest.
        verdict: How it went.
        failure: What to tell the user where it did not go well.
    """

    plan: Plan
    guest: GuestResult
    verdict: Verdict
    failure: RkmbuildError | None

    @property
    def messages(self) -> tuple[KernelMessage, ...]:
        """What the kernel printed from the loading of the module on."""
        return self.guest.printed(*range(self.plan.loading, len(self.plan.script)))

    @property
    def loaded(self) -> tuple[LoadedModule, ...]:
        """What was in the kernel when all was loaded, the last one first."""
        if len(self.guest.steps) <= self.plan.counting:
            return ()
        text = "\n".join(self.guest.steps[self.plan.counting].lines)
        return tuple(loaded.parse(text))

    def document(self) -> dict[str, Any]:
        """Return the run as `--json` prints it; times in seconds."""
        failure = self.failure
        return {
            "module": str(self.plan.module.path),
            "name": self.plan.module.name,
            "release": self.plan.tree.release,
            "verdict": self.verdict.value,
            "accel": {"name": self.guest.accel.name, "reason": self.guest.accel.reason},
            "seconds": round(self.guest.seconds, 3),
            "boot_seconds": round(self.guest.boot_seconds, 3),
            "loaded": [each.references() for each in reversed(self.loaded)],
            "messages": [message.document() for message in self.messages],
            "troubles": [trouble.document() for trouble in self.guest.troubles],
            "error": failure.document() if failure else None,
        }


def plan(
    ko: Path, tree: KernelTree, *, params: Sequence[str] = (), append: Sequence[str] = ()
) -> Plan:
    """Return what to do in a guest to load `ko` and unload it.

    Args:
        ko: The module, compressed or not.
        tree: The kernel to load it into.
        params: Parameters for it, `name=value` each, or for one that it needs,
            `module.name=value`.
        append: Words for the kernel's command line.

    Raises:
        NotAModuleError: `ko` is none.
        UsageError: it has no such parameter, or not of this kind; or a word cannot be there.
        ToolchainError: it, or a module that it needs, is packed and cannot be unpacked.
    """
    module = modinfo.read(ko)
    order = needs.order(module, tree.modules)
    others = {needed.file: modinfo.read(needed.file) for needed in (*order.before, *order.after)}
    words = parameters.for_each(module, others.values(), params)
    files: dict[str, initramfs.Content] = {}

    def loading(needed: needs.Needed) -> str:
        name = others[needed.file].name
        place = f"/modules/{name}.ko"
        files[place] = _plain(needed.file)
        command = insert(place, words.get(name, ()))
        # The module works without what its softdeps ask for.
        return f"{command} || true" if needed.wanted else command

    before = [loading(needed) for needed in order.before]
    after = [loading(needed) for needed in order.after]
    out = [others[needed.file].name for needed in reversed(order.after)]
    place = f"/{module.name}.ko"
    files[place] = _plain(ko)
    main = insert(place, words.get(module.name, ()))
    return Plan(
        module=module,
        tree=tree,
        files=files,
        script=(
            *before,
            main,
            *after,
            "cat /proc/modules",
            *(f"rmmod {shlex.quote(name)} || true" for name in out),
            f"rmmod {shlex.quote(module.name)}",
        ),
        loading=len(before),
        counting=len(before) + 1 + len(after),
        missing=order.missing,
        append=boot.appended(append),
    )


def insert(place: str, words: Sequence[str] = ()) -> str:
    """Return the shell command that loads the guest's file `place`.

    busybox's insmod tries finit_module and, whatever the reason of a failure, init_module after it:
    a module whose init fails would run it twice. finit_module reads no file that is open for
    writing (fs/kernel_read_file.c, deny_write_access), so it is.

    Args:
        place: The file.
        words: Parameters as the kernel reads them; insmod hands them on as they are.
    """
    return f"insmod {shlex.join([place, *words])} 9>>{shlex.quote(place)}"


def run(
    planned: Plan,
    *,
    timeout: float = boot.TIMEOUT,
    on_message: Callable[[KernelMessage], None] | None = None,
) -> ModuleRun:
    """Carry a plan out.

    Args:
        planned: The plan.
        timeout: Seconds that loading and unloading may take.
        on_message: Called with each line that the kernel prints, as it comes.

    Raises:
        MachineError: the machine cannot be started.
    """
    result = boot.boot(
        planned.tree,
        files=planned.files,
        script=planned.script,
        timeout=timeout,
        append=planned.append,
        stop_on_failure=True,
        on_message=on_message,
    )
    verdict, failure = judge(planned, result)
    return ModuleRun(plan=planned, guest=result, verdict=verdict, failure=failure)


def judge(planned: Plan, result: GuestResult) -> tuple[Verdict, RkmbuildError | None]:
    """Return how a plan went, and what to tell the user where it did not go well.

    A crash is told before a refusal: a module that crashed its kernel is often refused as well.
    """
    from rkmbuild.klog import outcome  # noqa: PLC0415 - while the guest boots

    name, release = planned.module.name, planned.tree.release
    if result.outcome is Outcome.CRASHED:
        title = outcome.downfall(result.troubles, result.log)
        when = _when(planned, result)
        title = demangle([title])[0]
        if _lived_on(result.statuses):
            return Verdict.CRASHED, CrashedError(
                f"{release} reported a bug when {when} `{name}`: {title}",
                hint="the kernel lived on, but what the report is about may have corrupted it",
            )
        return Verdict.CRASHED, CrashedError(f"{release} crashed {when} `{name}`: {title}")
    if result.outcome is Outcome.HANG:
        when = _when(planned, result)
        where = outcome.where(name, result.log)
        return Verdict.HANG, HangError(
            f"{release} did not come back from {when} `{name}` in its time"
            + (f"; it was in {demangle([where])[0]}" if where else ""),
            hint="the kernel's last lines above show where it was; --timeout gives it longer",
        )
    for step, command in enumerate(result.steps):
        if command.status:
            return Verdict.REFUSED, _refused(planned, result, step)
    return Verdict.CLEAN, None


def _refused(planned: Plan, result: GuestResult, step: int) -> RefusedInGuestError:
    command = result.steps[step]
    lines = [message.text for message in result.printed(step)]
    said = " ".join(command.lines)
    reason, hint = refusal.told(lines, said)
    number = _errno(command)
    verb = "unload" if step == planned.unloading else "load"
    name = planned.module.name
    if step not in (planned.loading, planned.unloading):
        name = command.command.split()[1].rpartition("/")[2].removesuffix(".ko")
    word = f" ({errno.errorcode[number]})" if number and number in errno.errorcode else ""
    told = f"{planned.tree.release} refused to {verb} `{name}`: {reason}{word}"
    hints = [f"the kernel said: {line}" for line in _errors(result, step)]
    if planned.missing and verb == "load":
        hints.append(f"found neither beside it nor with its kernel: {', '.join(planned.missing)}")
    if planned.module.release and planned.module.release != planned.tree.release:
        hints.append(f"it was built for another kernel: --kernel {planned.module.release}")
    elif hint:
        hints.append(hint)
    elif not hints and verb == "load":
        hints.append("the kernel itself said nothing, so it is what the module's init returned")
    return RefusedInGuestError(told, hint="\n".join(hints) or None)


def _errors(result: GuestResult, step: int) -> list[str]:
    lines = [m.text for m in result.printed(step) if m.level is not None and m.level <= _ERR]
    return lines[:3]


def _errno(step: Step) -> int | None:
    """Return the error number behind a failure of insmod or rmmod.

    insmod exits with it (busybox 1.20 to 1.37, modutils/insmod.c); for both, the words that the C
    library has for it close the line that they print.
    """
    words = step.lines[-1].rpartition(": ")[2] if step.lines else ""
    for number in errno.errorcode:
        if os.strerror(number) == words:
            return number
    return step.status if step.command.startswith("insmod ") else None


def _lived_on(statuses: Sequence[int | None]) -> bool:
    """Tell whether the script went on to its end, or to a command that failed."""
    for number, status in enumerate(statuses):
        if status is None:
            return number > 0 and bool(statuses[number - 1])
    return True


def _when(planned: Plan, result: GuestResult) -> str:
    reached = [index for index, step in enumerate(result.steps) if step.status is None]
    if not reached:
        fatal = next((trouble for trouble in result.troubles if trouble.fatal), None)
        reached = [message.step for message in fatal.trace[:1] if message.step] if fatal else []
    return "unloading" if reached == [planned.unloading] else "loading"


def _plain(ko: Path) -> initramfs.Content:
    return compression.decompress(ko) if compression.is_compressed(ko) else ko.absolute()
