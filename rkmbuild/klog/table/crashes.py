"""Reports of code that cannot go on, and what is none of the others."""

import re

from rkmbuild.arch import architectures
from rkmbuild.klog.kinds import TroubleKind, row

_BUG = TroubleKind.BUG
_OOPS = TroubleKind.OOPS
_WARNING = TroubleKind.WARNING
_LOGS = [arch.log for arch in architectures.ALL]

# What a panic follows from that is no crash of its own (arch/*/kernel: oops_end, die).
CONSEQUENCE = re.compile(r"Fatal exception")
# The rows of a stack that was too small.
STACK_OVERFLOW = "stack-overflow"

ROWS = (
    *(
        row(STACK_OVERFLOW, _OOPS, rf"({log.stack_overflow})", log.source, leads=True)
        for log in _LOGS
    ),
    *(
        row(name, _OOPS, rf"(?:\w+: )?({head})", log.source, leads=True)
        for log in _LOGS
        for name, head in log.causes.items()
    ),
    row(
        "cfi", _OOPS, r"(CFI failure at .*)", "kernel/cfi.c: report_cfi_failure", leads=True,
    ),
    row("panic", TroubleKind.PANIC, r"Kernel panic - not syncing: (.*)", "kernel/panic.c: panic"),
    row(
        "bug", _BUG, r"([kK]ernel BUG at .*)", "lib/bug.c: __report_bug",
    ),
    *(row("oops", _OOPS, rf"({log.fault}.*)", log.source) for log in _LOGS),
    *(row("oops", _OOPS, rf"({log.oops})", log.source) for log in _LOGS),
    row(
        "ubsan", _WARNING, r"(UBSAN: .*)",
        "lib/ubsan.c: ubsan_prologue; an oops follows where CONFIG_UBSAN_TRAP is set",
        end=r"={40,}$", leads=True,
    ),
    *(
        row("tool", TroubleKind.NOTE, rf"((?:{log.notes}).*)", log.source, inside=True, alone=True)
        for log in _LOGS
    ),
    row("bug", _BUG, r"(BUG: .*)", "whoever prints it"),
    row("warning", _WARNING, r"(WARNING: .*)", "kernel/panic.c: __warn; worded anew in 6.19"),
)  # fmt: skip
