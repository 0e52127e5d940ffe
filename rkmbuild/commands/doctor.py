"""`rkmbuild doctor`: what this machine has, what is missing, and what fixes it."""

import shlex
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from rkmbuild.base import console
from rkmbuild.base.errors import InterruptedRunError, ToolchainError, UsageError
from rkmbuild.commands import options

if TYPE_CHECKING:
    from rkmbuild.doctor.table import Check


def doctor(
    fix: Annotated[
        bool, typer.Option("--fix", help="Run the commands that fix what is wrong.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before running them.")
    ] = False,
    develop: Annotated[
        bool, typer.Option("--develop", help="Also check what rkmbuild's own tests need.")
    ] = False,
    toolchain: options.Toolchain = None,
    quiet: options.Quiet = False,
    as_json: options.Json = False,
) -> None:
    """Say what is there and what is missing to build, run and load modules."""
    from rkmbuild.doctor import repairs
    from rkmbuild.doctor.examine import beyond, repairable
    from rkmbuild.doctor.table import Use, can

    console.configure(quiet=quiet, as_json=as_json)
    trees, checks = repairable(develop=develop, toolchain=toolchain)
    if fix:
        # A kernel that was fetched in the first round may ask for a compiler in the second.
        for _ in range(2):
            commands = repairs.commands(checks)
            if not commands:
                break
            _agree(commands, yes=yes)
            repairs.run(commands)
            trees, checks = repairable(develop=develop, toolchain=toolchain)
    if not quiet:
        checks += beyond(trees)
    able = can(Use.BUILD, checks)
    if as_json:
        console.result({"ok": able, "checks": [check.document() for check in checks]})
        if not able:
            raise typer.Exit(ToolchainError.code)
        return
    _show([check for check in checks if check.wrong or not quiet])
    if not able:
        wrong = ", ".join(check.part for check in checks if check.use is Use.BUILD and check.wrong)
        raise ToolchainError(
            f"`build` cannot work on this machine: {wrong}",
            hint="`rkmbuild doctor --fix` runs the commands that fix it" if not fix else None,
        )


def _agree(commands: list[tuple[str, ...]], *, yes: bool) -> None:
    if not console.is_json():
        for command in commands:
            console.line(f"  {shlex.join(command)}")
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "cannot ask for confirmation: standard input is not a terminal",
            hint="`--yes` runs these commands without asking",
        )
    if not typer.confirm("Run these commands?", err=True):
        raise InterruptedRunError("nothing was run")


def _show(checks: list["Check"]) -> None:
    if not checks:
        return
    columns = ["PART", "FOR", "STATE", "VERSION", "WHERE", "REMARK"]
    rows = [
        [
            check.part,
            check.use.value,
            check.state.value if check.required or check.state.value != "missing" else "-",
            check.version,
            check.path,
            check.remark,
        ]
        for check in checks
    ]
    console.table(columns, rows)
    over = [(check.part, *reason) for check in checks for reason in check.passed_over]
    if over:
        console.line("\nPassed over:")
        for part, what, why in over:
            console.line(f"  {part}: {what}: {why}")
    repairs = {check.part: check.command() for check in checks if check.wrong and check.command()}
    if repairs:
        console.line("\nTo fix it:")
        for part, command in repairs.items():
            console.line(f"  {part}: {command}")
