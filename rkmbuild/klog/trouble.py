"""What a kernel reported of something that is wrong."""

from dataclasses import dataclass, field
from typing import Any

from rkmbuild.klog.kinds import TroubleKind, Verdict
from rkmbuild.klog.klog import KernelMessage


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """One report of the kernel that something is wrong.

    Attributes:
        name: Its row in the table of reports.
        kind: What it is.
        verdict: What it means.
        title: Its telling line, or what that means.
        early: Whether it came before the first command of the guest, and so of no module of ours.
        trace: All lines of the report.
    """

    name: str
    kind: TroubleKind
    verdict: Verdict
    title: str
    trace: tuple[KernelMessage, ...] = field(repr=False)
    early: bool = False

    @property
    def fatal(self) -> bool:
        """Whether memory was corrupted, or the kernel, or a part of it, did not live on."""
        return self.verdict is Verdict.FAILS and not self.early

    def document(self) -> dict[str, Any]:
        """Return it as `--json` shows it."""
        return {
            "name": self.name,
            "kind": self.kind.value,
            "verdict": self.verdict.value,
            "title": self.title,
            "early": self.early,
            "trace": [str(message) for message in self.trace],
        }
