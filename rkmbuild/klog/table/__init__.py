"""The table of the kernel's reports, from 6.1 to 7.3: `TABLE`.

A head that is none of these and says `BUG: ` or `WARNING: ` is one all the same, by the last rows.
"""

import re

from rkmbuild.klog.kinds import ReportKind
from rkmbuild.klog.table import crashes, locks, memory, objects, stalls

# The first that fits counts.
TABLE: tuple[ReportKind, ...] = (
    *memory.ROWS,
    *locks.ROWS,
    *stalls.ROWS,
    *objects.ROWS,
    *crashes.ROWS,
)

# Most lines begin none, and one expression says so sooner than all of them.
_ANY = re.compile("|".join(f"(?:{kind.head.pattern})" for kind in TABLE))


def find(text: str) -> tuple[ReportKind, str] | None:
    """Return the report that a line of the kernel's begins, and its title."""
    if text[:1].isspace() or not _ANY.match(text):
        return None
    for kind in TABLE:
        if match := kind.head.match(text):
            return kind, next(group for group in match.groups() if group is not None)
    return None
