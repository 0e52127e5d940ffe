"""`rkmbuild check`: what a kernel would do with a module, told without loading it."""

import contextlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.base.errors import (
    DangerousModuleError,
    KernelError,
    NotAModuleError,
    RefusedByKernelError,
    TaintingModuleError,
    UsageError,
)
from rkmbuild.commands import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rkmbuild.verdict.findings import Finding, Verdict
    from rkmbuild.verdict.target import Target

# From so many files on only what fails is shown.
_MANY = 4


def check(
    ko: Annotated[
        list[Path] | None,
        typer.Argument(metavar="KO...", help="Modules, also .gz, .xz, .zst; or folders of them."),
    ] = None,
    kernel: options.KernelToJudgeFor = None,
    running: Annotated[
        bool,
        typer.Option("--running", help="Judge for the kernel that runs, as it is set up now."),
    ] = False,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and stop.")] = False,
    explain_relocations: Annotated[
        bool,
        typer.Option(
            "--explain-relocations",
            help="Show how one relocation of each type is computed, and give no verdict.",
        ),
    ] = False,
    relocation: Annotated[
        str | None,
        typer.Option(
            "--relocation",
            metavar="SYMBOL|N",
            help="Explain those of this symbol, or the one of this number.",
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", metavar="N", min=1, help="Processes to use.")
    ] = None,
    as_json: options.Json = False,
    verbose: options.Verbose = False,
    quiet: options.Quiet = False,
) -> None:
    """Say what a kernel would do with modules, by the rules of its loader.

    Without --kernel it is the running kernel, else the one that the modules were built for; where
    neither is here, what the files alone tell is judged.

    Exits with 0 where it would load them, 40 where it would refuse one, 41 where one is dangerous
    to it, and 42 where one taints it by more than being out of tree.
    """
    console.configure(verbose=verbose, quiet=quiet, as_json=as_json)
    if rules:
        _show_rules()
        return
    if not ko:
        raise UsageError("which module?", hint="rkmbuild check KO...")
    from rkmbuild.verdict import batch, bpf_functions, compared, no_kernel

    paths = batch.files(ko)
    known = _target(kernel, paths, running=running)
    if explain_relocations or relocation:
        _explain(paths, known, relocation, running=running)
        return
    judged = _judged(paths, known, jobs) if known else list(no_kernel.judge(paths))
    verdicts = bpf_functions.compared(judged)
    worst = max(verdict.worst for verdict in verdicts)
    code = next(verdict.exit_code for verdict in verdicts if verdict.worst is worst)
    if as_json:
        modules = [verdict.document() for verdict in verdicts]
        newest = f"{compared.NEWEST.major}.{compared.NEWEST.minor}"
        newer = known is not None and compared.is_newer(known.version)
        rules_are = {"compared_up_to": newest, "kernel_is_newer": newer}
        console.result(
            {
                "kernel": known.release if known else None,
                "exit_code": code,
                **rules_are,
                "modules": modules,
            }
        )
    else:
        _show(verdicts)
        remark = compared.remark(known.release, known.version) if known else None
        if remark:
            console.note(remark)
    raise typer.Exit(code)


def _explain(
    paths: "Sequence[Path]", known: "Target | None", which: str | None, *, running: bool
) -> None:
    from rkmbuild.commands import arithmetic
    from rkmbuild.verdict import explain, no_kernel

    if len(paths) > 1:
        raise UsageError("relocations are explained of one module at a time")
    kernel = known or no_kernel.target(paths[0])
    arithmetic.show(explain.explain(paths[0], kernel, which, running=running))


def _target(spec: str | None, paths: "Sequence[Path]", *, running: bool) -> "Target | None":
    """Return the kernel to judge for; None where none is at hand and none was named."""
    from rkmbuild.kernel import find
    from rkmbuild.kernel import running as running_kernel
    from rkmbuild.verdict import target

    if running and spec:
        raise UsageError("--running and --kernel cannot be used together")
    if running:
        return target.running(running_kernel.describe())
    if spec:
        return target.of(find.select(spec))
    try:
        return target.of(find.select(None))
    except KernelError as error:
        return _by_the_modules(paths, error)


def _by_the_modules(paths: "Sequence[Path]", why: KernelError) -> "Target | None":
    """Return the kernel that all the modules were built for, if it is here."""
    from rkmbuild.kernel import find
    from rkmbuild.ko import modinfo
    from rkmbuild.verdict import target

    with contextlib.suppress(NotAModuleError, KernelError):
        releases = {modinfo.read(path).release for path in paths}
        if len(releases) == 1 and (release := releases.pop()):
            tree = find.select(release)
            console.note(f"{why.message}; judging for {release}, which the module was built for")
            return target.of(tree)
    console.note(f"{why.message}: judging by what the file alone tells")
    for hint in (why.hint or "").splitlines():
        console.note(hint)
    return None


def _judged(paths: "Sequence[Path]", known: "Target", jobs: int | None) -> "list[Verdict]":
    from rkmbuild.verdict import batch, with_dependencies

    verdicts = (
        with_dependencies.judged_again(verdict, known)
        for verdict in batch.judge(paths, known, jobs=jobs, explain=len(paths) < 100)
    )
    if len(paths) < _MANY:
        return list(verdicts)
    from rich.console import Console
    from rich.progress import track

    shown = Console(stderr=True)
    return list(
        track(
            verdicts,
            total=len(paths),
            description=f"Judging for {known.release}",
            console=shown,
            transient=True,
            disable=not shown.is_terminal or console.is_json(),
        )
    )


def _show(verdicts: "Sequence[Verdict]") -> None:
    for verdict in verdicts:
        if len(verdicts) < _MANY or console.is_verbose() or verdict.worst:
            _show_one(verdict)
    if len(verdicts) < _MANY:
        return
    counts = Counter(verdict.exit_code for verdict in verdicts)
    words = {
        0: "would load",
        RefusedByKernelError.code: "refused",
        DangerousModuleError.code: "dangerous",
        TaintingModuleError.code: "tainting",
    }
    said = ", ".join(f"{counts[code]} {word}" for code, word in words.items() if counts[code])
    console.line(f"{len(verdicts)} modules: {said}")


def _show_one(verdict: "Verdict") -> None:
    from rkmbuild.verdict.findings import Severity

    refusal = verdict.refusal
    if not verdict.kernel:
        console.line(f"{verdict.file}: {_without_kernel(verdict)}")
        _show_details(verdict)
        return
    if refusal:
        answer = f"would refuse it ({refusal.errno})"
        if not verdict.certain:
            answer += ", if it does not crash on it before"
    elif verdict.worst is Severity.DANGEROUS:
        answer = "would load it, and may crash"
    else:
        answer = "would load it"
    console.line(f"{verdict.file}: {verdict.kernel} {answer}")
    _show_details(verdict)


def _without_kernel(verdict: "Verdict") -> str:
    from rkmbuild.verdict.findings import Severity

    if verdict.refusal:
        return f"kernels would refuse it ({verdict.refusal.errno})"
    if verdict.worst is Severity.DANGEROUS:
        return "a kernel that loads it may crash"
    return "nothing in the file itself speaks against it"


def _show_details(verdict: "Verdict") -> None:
    helped: set[str] = set()
    for finding in sorted(verdict.findings, key=lambda found: -found.severity):
        _show_finding(finding, helped)
    if verdict.needs and not verdict.refusal:
        console.line(f"  {'needs':>9}  {', '.join(verdict.needs)}")
    for what in verdict.unchecked:
        console.line(f"  {'unchecked':>9}  {what}")


def _show_finding(finding: "Finding", helped: set[str]) -> None:
    """Show what is wrong and, where that was not said of another finding, the way out."""
    place = f" (in {finding.place})" if finding.place else ""
    console.line(f"  {finding.severity.word:>9}  {finding.message}{place}  [{finding.rule.id}]")
    if finding.way_out and not finding.rule.ordinary and finding.way_out not in helped:
        helped.add(finding.way_out)
        console.line(f"  {'help':>9}: {finding.way_out}")


def _show_rules() -> None:
    from rkmbuild.arch import architectures
    from rkmbuild.verdict.findings import filled
    from rkmbuild.verdict.rules.table import RULES

    words = architectures.host().rule_words

    if console.is_json():
        console.result(
            [
                {
                    "rule": rule.id,
                    "severity": rule.severity.word,
                    "errno": rule.errno or None,
                    "text": filled(rule.text, words),
                    "source": filled(rule.source, words),
                    "way_out": filled(rule.way_out, words),
                }
                for rule in RULES.values()
            ]
        )
        return
    rows = [
        (
            rule.id,
            rule.severity.word,
            rule.errno,
            filled(rule.text, words),
            filled(rule.source, words),
        )
        for rule in RULES.values()
    ]
    console.table(("rule", "severity", "errno", "what is wrong", "source"), rows)
