"""What is read from machine code, and the shape of what reads it.

An architecture without a reader has its code unchecked, which is said; it is never guessed at.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Protocol


class Flow(Enum):
    """Where the processor goes after an instruction."""

    NEXT = auto()
    CALL = auto()
    INDIRECT_CALL = auto()
    JUMP = auto()
    INDIRECT_JUMP = auto()
    CONDITIONAL_JUMP = auto()
    RETURN = auto()
    NOWHERE = auto()
    """It traps, or ends the program."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Instruction:
    """One instruction, as far as it says how a function goes on.

    Attributes:
        at: Its offset.
        end: The next one's offset.
        flow: Where the processor goes.
        target: Where a direct call or jump leads if no relocation says otherwise, else None.
        operand: The offset of what a relocation of that target would fill.
        stack: Bytes that it takes of the stack, for those that make a function's frame.
    """

    at: int
    end: int
    flow: Flow
    target: int | None
    operand: int
    stack: int


class Stray(Enum):
    """What an access reaches that is not the kernel's, or not for long."""

    USER_SEGMENT = auto()
    """Data of the user program that runs, by the segment of its threads."""
    FIXED_PER_CPU = auto()
    """A place among the per-CPU variables that no symbol names."""
    BELOW_STACK = auto()
    """The stack below its pointer, which interrupts write to."""
    NOT_PER_CPU = auto()
    """A per-CPU variable, as if it were an ordinary one."""


@dataclass(frozen=True, slots=True)
class Access:
    """An access that a kernel's code does not make.

    Attributes:
        at: The instruction's offset.
        kind: What it reaches.
        displacement: The offset in it, from the segment's or the stack's pointer.
        text: The instruction, as a disassembler writes it.
    """

    at: int
    kind: Stray
    displacement: int
    text: str


@dataclass(kw_only=True)
class Scan:
    """What is of interest in a section of code, by offset.

    Attributes:
        vector: Instructions that use vector or floating-point registers.
        frames: Where frames are made that are larger than a limit, with their size in bytes.
        returns: Plain returns.
        branches: Indirect calls and jumps.
        unguarded: Returns and indirect jumps without a stop behind them.
    """

    vector: list[int] = field(default_factory=list)
    frames: list[tuple[int, int]] = field(default_factory=list)
    returns: list[int] = field(default_factory=list)
    branches: list[int] = field(default_factory=list)
    unguarded: list[int] = field(default_factory=list)


class CodeReader(Protocol):
    """Reads the instructions of one architecture. `content` is a section of code, or a part."""

    @property
    def return_address(self) -> int:
        """Bytes of the stack that a call takes itself."""

    def load(self) -> None:
        """Load what it needs, which takes some 20 ms; it is loaded when it is used, else."""

    def scan(self, content: bytes, *, frame_limit: int) -> Scan:
        """Return what is of interest; frames up to `frame_limit` bytes are not."""

    def vector_uses(self, content: bytes) -> Iterator[tuple[int, object]]:
        """Give the instructions that use vector or floating-point registers.

        Each with its offset; `str` of it is as a disassembler writes it.
        """

    def strays(
        self,
        content: bytes,
        starts: Sequence[int],
        filled: Callable[[], Collection[int]],
        usual: Collection[int],
        is_part: Callable[[int], bool],
    ) -> Iterator[Access]:
        """Give the accesses that a kernel's code does not make.

        Args:
            content: The code.
            starts: The offsets at which functions begin.
            filled: What gives the offsets that relocations fill.
            usual: Fixed places among the per-CPU variables that the kernel has something at.
            is_part: Whether what begins at an offset is a part of a function, which came there
                with the frame that it has elsewhere.
        """

    def is_per_cpu(self, content: bytes, place: int) -> bool:
        """Tell whether the operand that a relocation fills at `place` is in a per-CPU segment."""

    def instructions(self, content: bytes, start: int) -> Iterator[Instruction]:
        """Give the instructions of a function that begins at `start`."""

    def unfilled_branches(self, content: bytes, filled: Collection[int]) -> Iterator[int]:
        """Give the offsets of calls and jumps whose operand nothing fills.

        Args:
            content: The code.
            filled: The offsets that relocations fill.
        """

    def relocated_branches(
        self, content: bytes, rows: Iterable[tuple[int, int, int, int]]
    ) -> Iterator[tuple[int, int, int, bool]]:
        """Give the calls and jumps that relocations fill.

        Args:
            content: The code.
            rows: The relocations: offset, type, symbol, addend.

        Returns:
            For each: the relocation's offset, its symbol, the distance from the symbol to where the
            branch leads, and whether it is a call.
        """

    def near_branches(
        self, content: bytes, starts: Collection[int]
    ) -> Iterator[tuple[int, int, bool]]:
        """Give the calls and jumps to one of `starts`, which the assembler has filled.

        Bytes that only look like one are given as well: they are rare.

        Returns:
            For each: the offset that a relocation would fill, where it leads, whether it is a call.
        """
