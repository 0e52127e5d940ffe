"""What `check` found in a module, and what the kernel would answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from rkmbuild.base.errors import DangerousModuleError, RefusedByKernelError, TaintingModuleError
from rkmbuild.kernel.symvers import ExportedSymbol


class Severity(IntEnum):
    """How bad a finding is; the worst one decides the exit status."""

    NOTE = 0
    TAINTS = 1
    DANGEROUS = 2
    REFUSED = 3

    @property
    def word(self) -> str:
        """The stable word of `--json`."""
        return self.name.lower()


_EXIT_CODES = {
    Severity.NOTE: 0,
    Severity.TAINTS: TaintingModuleError.code,
    Severity.DANGEROUS: DangerousModuleError.code,
    Severity.REFUSED: RefusedByKernelError.code,
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One thing that the loader, or the running kernel, demands of a module.

    Attributes:
        id: Stable name; `load` overrides by it.
        severity: How bad it is to break it.
        text: What the rule says.
        source: The kernel's own code that it is taken from.
        way_out: What the author of the module can do.
        errno: What finit_module gives, for refusals.
        ordinary: Whether every module from outside the kernel breaks it: no reason to fail.
    """

    id: str
    severity: Severity
    text: str
    source: str
    way_out: str = ""
    errno: str = ""
    ordinary: bool = False


def filled(text: str, words: Mapping[str, str]) -> str:
    """Return a rule's text with each `{word}` that is known filled in."""
    for word, value in words.items():
        text = text.replace("{" + word + "}", value)
    return text


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A rule that this module breaks.

    Attributes:
        rule: The rule.
        message: What is the case here.
        place: Where: a section, a symbol, a function.
        source: The kernel's own code that the rule is taken from.
        way_out: What to do; the rule's own, or a better one for this case.
        errno: What finit_module gives because of it; empty where it does not refuse.
        log: A part of the line that the kernel logs for it; empty where it logs nothing.
    """

    rule: Rule
    message: str
    place: str = ""
    source: str = ""
    way_out: str = ""
    errno: str = ""
    log: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        return {
            "rule": self.rule.id,
            "severity": self.severity.word,
            "message": self.message,
            "place": self.place,
            "way_out": self.way_out,
            "errno": self.errno or None,
            "log": self.log or None,
            "source": self.source,
        }


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a kernel would do with a module.

    Attributes:
        file: The file, as it was named.
        kernel: The release it was judged against; empty where no kernel was at hand.
        module: The module's name, or empty where the file does not tell.
        findings: In the order in which the loader meets them.
        needs: In-tree modules that have to be loaded first, in the order of loading.
        unchecked: What could not be judged, and why.
        exports: Symbols that it gives to other modules.
        kfuncs: Functions that it gives to BPF programs.
    """

    file: str
    kernel: str
    module: str = ""
    findings: tuple[Finding, ...] = ()
    needs: tuple[str, ...] = ()
    unchecked: tuple[str, ...] = field(default=())
    exports: tuple[ExportedSymbol, ...] = ()
    kfuncs: tuple[str, ...] = ()

    @property
    def worst(self) -> Severity:
        """The worst severity, where what every out-of-tree module does counts as a note."""
        return max(
            (Severity.NOTE if f.rule.ordinary else f.severity for f in self.findings),
            default=Severity.NOTE,
        )

    @property
    def refusal(self) -> Finding | None:
        """The finding that the kernel's answer comes from; None where it would load."""
        refused = [f for f in self.findings if f.severity is Severity.REFUSED]
        if not refused:
            return None
        # simplify_symbols() reports every symbol and returns the error of the last one.
        last = refused[0]
        for finding in refused[1:]:
            if not (finding.rule.id.startswith("symbol-") and last.rule.id.startswith("symbol-")):
                break
            last = finding
        return last

    @property
    def certain(self) -> bool:
        """Whether the kernel gets as far as its answer for sure, and goes on after it.

        Not so where something is dangerous: before a refusal, that the loader may crash on it;
        without one, that the module may.
        """
        refusal = self.refusal
        reached = self.findings[: self.findings.index(refusal)] if refusal else self.findings
        return all(finding.severity is not Severity.DANGEROUS for finding in reached)

    @property
    def exit_code(self) -> int:
        """The exit status of `rkmbuild check` for this module."""
        return _EXIT_CODES[self.worst]

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        refusal = self.refusal
        return {
            "file": self.file,
            "kernel": self.kernel or None,
            "module": self.module or None,
            "verdict": self.worst.word if self.worst else "loads",
            "loads": refusal is None,
            "certain": self.certain,
            "errno": refusal.errno if refusal else None,
            "needs": list(self.needs),
            "findings": [finding.document() for finding in self.findings],
            "unchecked": list(self.unchecked),
            "exit_code": self.exit_code,
        }
