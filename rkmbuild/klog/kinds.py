"""What a report of the kernel is: its first line, how bad it is, and where its stacks stand."""

import re
from dataclasses import dataclass
from enum import StrEnum


class TroubleKind(StrEnum):
    """What went wrong."""

    PANIC = "panic"
    OOPS = "oops"
    BUG = "bug"
    STALL = "stall"
    WARNING = "warning"
    NOTE = "note"


# These end what runs, and often the kernel.
CRASHES = (TroubleKind.BUG, TroubleKind.OOPS)


class Verdict(StrEnum):
    """What a report means for the module that was tried.

    It fails where memory was corrupted, or where the kernel or a part of it did not go on. Of what
    may go wrong one day, as a lock taken in two orders, it is warned. A note tells of load, or of
    a limit of the kernel's own tools.
    """

    FAILS = "fails"
    WARNS = "warns"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class ReportKind:
    """A row of the table of reports.

    Attributes:
        name: A word for it.
        head: What its first line begins with; the group is its title.
        kind: What it is.
        verdict: What it means.
        source: The kernel's files and functions that print it, the same in 6.1, 6.12 and 7.3 but
            where said.
        stacks: The lines that begin a stack and tell whose it is, beside the one at which it
            happened; None where there is no other.
        main: The line that begins the stack at which it happened, where that is none of those that
            begin any.
        end: The line after which nothing of it comes; None where its stack ends it.
        leads: Whether the kernel may tell on in the words of an oops, a BUG or a WARNING that come
            of it; its own words then stay the title.
        inside: Whether it is a part of a report that has begun, and its title less telling.
        alone: Whether it is one line, without a stack.
    """

    name: str
    head: re.Pattern[str]
    kind: TroubleKind
    verdict: Verdict
    source: str
    stacks: re.Pattern[str] | None = None
    main: re.Pattern[str] | None = None
    end: re.Pattern[str] | None = None
    leads: bool = False
    inside: bool = False
    alone: bool = False


_VERDICTS = {TroubleKind.WARNING: Verdict.WARNS, TroubleKind.NOTE: Verdict.NOTE}


def row(
    name: str,
    kind: TroubleKind,
    head: str,
    source: str,
    *,
    verdict: Verdict | None = None,
    stacks: str | None = None,
    main: str | None = None,
    end: str | None = None,
    leads: bool = False,
    inside: bool = False,
    alone: bool = False,
) -> ReportKind:
    """Return a row, from regular expressions; without a verdict it is what its kind says."""
    return ReportKind(
        name=name,
        head=re.compile(head),
        kind=kind,
        verdict=verdict or _VERDICTS.get(kind, Verdict.FAILS),
        source=source,
        stacks=re.compile(stacks) if stacks else None,
        main=re.compile(main) if main else None,
        end=re.compile(end) if end else None,
        leads=leads,
        inside=inside,
        alone=alone,
    )
