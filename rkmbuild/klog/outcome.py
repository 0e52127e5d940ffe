"""Read from a kernel's log whether something went wrong in it, and what."""

import itertools
import re
from collections.abc import Iterable, Sequence

from rkmbuild.arch import architectures
from rkmbuild.klog import reports
from rkmbuild.klog.kinds import TroubleKind
from rkmbuild.klog.klog import KernelMessage
from rkmbuild.klog.report import TRACE
from rkmbuild.klog.trouble import Trouble

_AT_FAULT = "|".join(arch.log.at_fault for arch in architectures.ALL)
# After these a kernel prints nothing more: kernel/reboot.c, the same in 6.1 and 6.12 but for the
# third, which 6.12 has; arch/arm64/kernel/process.c; kernel/panic.c, where nothing restarted it.
_LAST_WORD = re.compile(
    r"reboot: (?:System halted|Power down|Power off not available: System halted instead)"
    r"|Reboot failed -- System halted"
    r"|---\[ end Kernel panic - not syncing: .*"
)


def troubles(log: Sequence[KernelMessage]) -> tuple[Trouble, ...]:
    """Return every report in `log`, in its order.

    A panic that only follows from an oops is part of the oops' report.
    """
    found = reports.collected(message.text for message in log)
    before = next((n for n, message in enumerate(log) if message.step is not None), 0)
    return tuple(
        Trouble(
            name=report.name,
            kind=TroubleKind(report.kind),
            verdict=report.verdict,
            title=report.meaning or report.title,
            trace=tuple(log[report.first - 1 : report.last]),
            early=report.last <= before,
        )
        for report in found
        if report.name != TRACE
    )


def is_last_word(text: str) -> bool:
    """Tell whether a line is one after which the kernel does nothing more."""
    return bool(_LAST_WORD.fullmatch(text))


def downfall(troubles: Iterable[Trouble], log: Sequence[KernelMessage]) -> str:
    """Return in a line why a kernel went down, as far as it said so."""
    title = next((trouble.title for trouble in troubles if trouble.fatal), "")
    last = log[-1].text if log else ""
    return title or (last if is_last_word(last) else "the machine shut down without a message")


def where(module: str, log: Iterable[KernelMessage]) -> str | None:
    """Return the innermost function of `module` in what SysRq showed, as `f+0x7/0x10`.

    Frames that the unwinder was not sure of, with a question mark, do not count.
    """
    name = re.escape(module)
    frame = re.compile(rf"(?:{_AT_FAULT}| )(\S+\+0x[0-9a-f]+/0x[0-9a-f]+) \[{name}\]")
    asked = itertools.dropwhile(lambda message: not message.text.startswith("sysrq: Show"), log)
    matches = (frame.match(message.text) for message in asked)
    return next((match[1] for match in matches if match), None)
