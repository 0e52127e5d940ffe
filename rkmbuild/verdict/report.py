"""Collects findings while a module is judged."""

from collections import Counter
from dataclasses import dataclass, field

from rkmbuild.verdict.findings import Finding, Severity
from rkmbuild.verdict.rules import RULES

# A hostile file could break one rule a million times.
_MOST_OF_A_RULE = 1000


@dataclass
class Report:
    """What was found so far.

    Attributes:
        words: What way-out texts may name: `release`, `name`.
        findings: In the order in which the loader meets them.
        unchecked: What could not be judged, and why.
    """

    words: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    _count: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        rule: str,
        message: str,
        *,
        place: str = "",
        way_out: str = "",
        log: str = "",
        errno: str = "",
    ) -> None:
        """Add a finding; what is not given is taken from the rule."""
        known = RULES[rule]
        self._count[rule] += 1
        if self._count[rule] > _MOST_OF_A_RULE:
            return
        way_out = way_out or known.way_out
        for word, value in self.words.items():
            way_out = way_out.replace("{" + word + "}", value)
        self.findings.append(
            Finding(
                rule=known,
                message=message,
                place=place,
                way_out=way_out,
                errno=errno or known.errno,
                log=log,
            )
        )

    @property
    def refused(self) -> bool:
        """Whether the loader has given up by now."""
        return any(finding.severity is Severity.REFUSED for finding in self.findings)
