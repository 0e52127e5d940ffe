"""A report of the kernel as it was read: what it is, its lines, its stacks."""

import re
from dataclasses import dataclass, field

from rkmbuild.arch import architectures
from rkmbuild.klog.frames import Frame
from rkmbuild.klog.kinds import Verdict
from rkmbuild.klog.table.crashes import STACK_OVERFLOW

# A trace that no report goes with: sysrq, dump_stack().
TRACE = "trace"

# vmalloc's guard pages and %px of 7.3; before, the addresses are hashes.
_BOUNDS = re.compile(r"\(stack is (?:0x)?([0-9a-f]{16})\.\.(?:0x)?([0-9a-f]{16})\)")
_STACK_SIZES = tuple(1 << power for power in range(12, 18))


@dataclass(kw_only=True)
class Stack:
    """A stack of a report.

    Attributes:
        title: The kernel's words for it, as `Allocated by task 136`; empty for the one at which it
            happened.
        frames: Places in the code, the innermost first.
    """

    title: str = ""
    frames: list[Frame] = field(default_factory=list)


@dataclass(kw_only=True)
class Report:
    """A report of the kernel.

    Attributes:
        name: Its row in the table of reports, or `trace`.
        kind: What it is: a `TroubleKind`, or `trace`.
        verdict: What it means.
        title: Its telling line.
        line: Number of its first telling line in the log, from 1.
        first: Number of the first line that belongs to it.
        last: Number of the last one.
        release: Of the kernel that printed it, or empty.
        unloaded: The module that was unloaded last, or empty.
        panic: What a panic of Rust code said before it, or empty.
        stacks: Its stacks, in the order of the log.
    """

    name: str = TRACE
    kind: str
    verdict: Verdict = Verdict.NOTE
    title: str
    line: int
    first: int = 0
    last: int = 0
    release: str = ""
    unloaded: str = ""
    panic: str = ""
    stacks: list[Stack] = field(default_factory=list)

    @property
    def stack(self) -> Stack:
        """The stack at which it happened."""
        own = (stack for stack in self.stacks if not stack.title)
        return next(own, self.stacks[0] if self.stacks else Stack())

    @property
    def frames(self) -> list[Frame]:
        """Places in the code of the stack at which it happened, the innermost first."""
        return self.stack.frames

    @property
    def others(self) -> list[Stack]:
        """Its other stacks, as who allocated memory and who freed it."""
        own = self.stack
        return [stack for stack in self.stacks if stack is not own]

    @property
    def meaning(self) -> str:
        """What it is in plain words, where the kernel's are not: a stack that overflowed."""
        if self.name != STACK_OVERFLOW:
            return ""
        where = f" ended in {self.frames[0]}" if self.frames else " was too small"
        return f"stack overflow: the stack of {_stack_size(self.title) >> 10} KiB{where}"


def _stack_size(title: str) -> int:
    """Return the bytes of the stack that overflowed."""
    if found := _BOUNDS.search(title):
        size = int(found[2], 16) - int(found[1], 16) + 1
        if size in _STACK_SIZES:
            return size
    logs = ((arch.stack, arch.log.stack_overflow) for arch in architectures.ALL)
    return next(size for size, head in logs if re.match(head, title))
