"""Collects findings while a module is judged."""

from collections import Counter
from dataclasses import dataclass, field

from rkmbuild.verdict.findings import Finding, Rule, Severity, filled

# A hostile file could break one rule a million times.
_MOST_OF_A_RULE = 1000


@dataclass
class FindingList:
    """What was found so far.

    Attributes:
        words: What the texts of rules may name: `release`, `name`, and `Arch.rule_words`.
        findings: In the order in which the loader meets them.
        unchecked: What could not be judged, and why.
    """

    words: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    _count: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        rule: Rule,
        message: str,
        *,
        place: str = "",
        way_out: str = "",
        log: str = "",
        errno: str = "",
    ) -> None:
        """Add a finding; what is not given is taken from the rule."""
        self._count[rule.id] += 1
        if self._count[rule.id] > _MOST_OF_A_RULE:
            return
        self.findings.append(
            Finding(
                rule=rule,
                message=message,
                place=place,
                source=filled(rule.source, self.words),
                way_out=filled(way_out or rule.way_out, self.words),
                errno=errno or rule.errno,
                log=log,
            )
        )

    @property
    def refused(self) -> bool:
        """Whether the loader has given up by now."""
        return any(finding.severity is Severity.REFUSED for finding in self.findings)
