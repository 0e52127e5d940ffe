"""How an architecture's part of the kernel words a crash."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LogPatterns:
    """Regular expressions for lines of a kernel's log, without groups.

    Attributes:
        at_fault: What stands before the place where the processor was, in the kernel's own code,
            among the registers.
        fault: How the line begins that says of a bad access what it was; it opens an oops.
        oops: The line, whole, that says how many the kernel has had.
        stack_overflow: How the line begins that says that a stack was too small for what ran on it.
        causes: By a word, how a line begins that tells more of the oops that follows it.
        notes: How lines begin that tell of the kernel's own tools, and may stand in any report.
        source: The kernel's files that print all that.
        stack: The line before the places of a call trace.
        tail: How lines begin that may follow a call trace, and belong to its report.
        breakpoint: What an oops is called at a breakpoint that leaves the processor one byte behind
            it; what matches nothing where it does not.
    """

    at_fault: str
    fault: str
    oops: str
    stack_overflow: str
    causes: Mapping[str, str]
    notes: str
    source: str
    stack: str
    tail: str
    breakpoint: str = r"(?!)"
