"""Judges a module that needs others beside it, as the kernel is once those are in it."""

from pathlib import Path

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.ko import modinfo, needs
from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.rules import refusals
from rkmbuild.verdict.target import Target


def judged_again(verdict: Verdict, kernel: Target) -> Verdict:
    """Return the verdict where symbols were missing that modules beside the file export.

    A module of a workspace may link to another one of it. Such a one is loaded first, as `load`
    and `run` do; what the kernel would refuse, or what cannot be read, gives nothing.

    Args:
        verdict: What was said of the module by itself.
        kernel: What it was judged for.

    Raises:
        ToolchainError: a module beside it is packed with zstd, and there is no `zstd` command.
    """
    refusal = verdict.refusal
    if not refusal or refusal.rule != refusals.SYMBOL_UNKNOWN:
        return verdict
    path = Path(verdict.file)
    with_needed = kernel
    try:
        # What the kernel's own modules export is known from its symvers: only files beside this
        # one can add to that, and lib/modules need not be searched for each of many.
        for needed in needs.order(modinfo.read(path), None).before:
            other = check.judge_file(needed.file, with_needed, explain=False, deep=False)
            if not other.refusal:
                with_needed = with_needed.having(other.module, other.exports, other.kfuncs)
    except NotAModuleError:
        return verdict
    if with_needed is kernel:
        return verdict
    return check.judge_file(path, with_needed)
