"""Judges modules for the running kernel before they are loaded, by the rules of `check`."""

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rkmbuild.base import console
from rkmbuild.base.errors import (
    DangerousModuleError,
    KernelError,
    MismatchError,
    RefusedByKernelError,
    RkmbuildError,
    UsageError,
)
from rkmbuild.base.suggest import did_you_mean
from rkmbuild.kernel import running
from rkmbuild.ko import compression
from rkmbuild.ko.modinfo import Modinfo
from rkmbuild.verdict import target
from rkmbuild.verdict.findings import Finding, Rule, Severity, Verdict
from rkmbuild.verdict.rules import dangers, elf_file, refusals
from rkmbuild.verdict.rules.table import RULES

if TYPE_CHECKING:
    from rkmbuild.verdict.target import Target

# What tells that the module is another kernel's or another machine's.
_FOR_ANOTHER = (
    elf_file.ELF_MACHINE,
    elf_file.THIS_MODULE,
    refusals.MODVERSIONS,
    refusals.VERMAGIC,
    dangers.RELEASE_DIFFERS,
)


def rules(names: Iterable[str]) -> frozenset[str]:
    """Return the rules of these names.

    Raises:
        UsageError: there is no rule of such a name.
    """
    for name in names:
        if name not in RULES:
            hint = f"{did_you_mean(name, RULES)}\n`rkmbuild check --rules` lists them".lstrip()
            raise UsageError(f"there is no rule `{name}`", hint=hint)
    return frozenset(names)


class Judge:
    """Judges modules that are to be loaded one after the other.

    Attributes:
        verdicts: Those given so far.
    """

    def __init__(self, allowed: frozenset[str]) -> None:
        """Get to know the running kernel; where that cannot be, it is said, and nothing judged."""
        self.verdicts: list[Verdict] = []
        self._allowed = allowed
        self._target: Target | None = None
        try:
            self._target = target.running(running.describe())
        except KernelError as error:
            console.note(f"not checked before loading: {error.message}")

    def let_pass(self, module: Modinfo, *, replaced: bool = False) -> None:
        """Let a module pass that the running kernel would take, and not suffer from.

        What it exports is there for those that are judged after it.

        Args:
            module: What it says of itself.
            replaced: Whether the one of its name that is loaded now will be gone.

        Raises:
            MismatchError: it was built for another kernel or machine.
            RefusedByKernelError: the kernel would refuse it.
            DangerousModuleError: the kernel would load it, and may crash.
        """
        if not self._target:
            return
        from rkmbuild.verdict import check  # noqa: PLC0415 - a disassembler and much more

        verdict = check.judge(
            compression.decompress(module.path), self._target, name=str(module.path)
        )
        self.verdicts.append(verdict)
        passed_over = frozenset({refusals.ALREADY_THERE} if replaced else ())
        passing = self._allowed | {rule.id for rule in passed_over}
        blocking = [
            finding
            for finding in verdict.findings
            if finding.severity >= Severity.DANGEROUS and finding.rule.id not in passing
        ]
        if blocking:
            raise _failure(module, verdict.kernel, blocking)
        self._target = self._target.having(module.name, verdict.exports, verdict.kfuncs)
        _show(module.name, verdict, hidden=passed_over)


def missing(module: Modinfo, names: Iterable[str], places: Iterable[Path]) -> RkmbuildError:
    """Return the failure of a module that needs others which are nowhere."""
    wanted = ", ".join(f"`{name}`" for name in names)
    looked = " nor in ".join(str(place) for place in places)
    return RefusedByKernelError(
        f"{module.name} needs {wanted}: not loaded, and neither in {looked}",
        hint="build it, as `rkmbuild load --build` does in a workspace, or put it beside this one\n"
        "`--allow symbol-unknown` tries to load it anyway",
    )


def _failure(module: Modinfo, kernel: str, blocking: list[Finding]) -> RkmbuildError:
    told = "".join(
        f"\n  {finding.severity.word}: {finding.message}"
        f"{f' (in {finding.place})' if finding.place else ''}  [{finding.rule.id}]"
        for finding in blocking
    )
    allow = " ".join(f"--allow {name}" for name in dict.fromkeys(f.rule.id for f in blocking))
    telling = [finding for finding in blocking if finding.rule in _FOR_ANOTHER]
    ways = dict.fromkeys(f.way_out for f in telling or blocking if f.way_out)
    hint = "\n".join([*ways, f"`{allow}` tries to load it anyway"])
    if telling:
        built = f"built for {module.release or 'no kernel'} on {module.machine}"
        message = f"{module.path} was not built for the running kernel, {kernel}: {built}"
        return MismatchError(message + told, hint=hint)
    if any(finding.severity is Severity.REFUSED for finding in blocking):
        message = f"the running kernel, {kernel}, would refuse {module.path}"
        return RefusedByKernelError(message + told, hint=hint)
    message = f"{module.path} is dangerous to the running kernel, {kernel}"
    return DangerousModuleError(message + told, hint=hint)


def _show(name: str, verdict: Verdict, *, hidden: Collection[Rule]) -> None:
    for finding in verdict.findings:
        if finding.rule in hidden:
            continue
        text = f"{name}: {finding.message}  [{finding.rule.id}]"
        if finding.severity >= Severity.DANGEROUS:
            console.warning(f"{text}, allowed")
        elif finding.rule.ordinary:
            console.detail(text)
        else:
            console.note(text)
    for what in verdict.unchecked:
        console.detail(f"{name}: not checked: {what}")
