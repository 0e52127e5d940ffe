"""What the kernel's loader does with each type of relocation: the tables, and what they mean."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Base(Enum):
    """What a value is counted from."""

    ZERO = auto()
    PLACE = auto()
    PAGE = auto()
    """The 4 KiB page of the place, and the value's own page is taken."""


class Overflow(Enum):
    """What the loader does with a value that does not fit."""

    REFUSED = auto()
    CUT = auto()
    """It writes the lower bits without a word."""
    TRAMPOLINE = auto()
    """It lets the branch go through one that it makes."""


@dataclass(frozen=True, kw_only=True)
class Relocation:
    """One type of relocation.

    Attributes:
        name: Its name, without the part that all of the architecture share.
        width: Bytes at the place that it changes; 0 for one that changes none.
        base: What its value is counted from.
        fits: The values that fit, as the first and the last one; all where None.
        overflow: What becomes of the others.
    """

    name: str
    width: int
    base: Base = Base.ZERO
    fits: tuple[int, int] | None = None
    overflow: Overflow = Overflow.REFUSED

    def value(self, target: int, place: int) -> int:
        """Return what the loader makes of a target for a place, with its sign (64-bit arithmetic).

        Args:
            target: The symbol's address plus the addend.
            place: The address that the relocation fills.
        """
        if self.base is Base.PLACE:
            target -= place
        elif self.base is Base.PAGE:
            target = (target & ~0xFFF) - (place & ~0xFFF)
        target &= (1 << 64) - 1
        return target - (1 << 64) if target >> 63 else target

    def takes(self, value: int) -> bool:
        """Tell whether a value, with its sign, fits."""
        return self.fits is None or self.fits[0] <= value <= self.fits[1]


@dataclass(frozen=True, kw_only=True)
class Relocations:
    """How an architecture's loader relocates.

    Attributes:
        prefix: What all names of its types begin with, as `R_…_`.
        names: Names of all types by number, without the prefix.
        applied: The types that the loader applies, by number.
        must_be_zero: Whether it refuses where the place is not zero before.
        got: Types that go by a global offset table, which the kernel has not.
        thread_local: Types of thread-local storage, which the kernel has not.
        unknown: What it logs of a type that it does not apply; `{type}` is the number.
        pointer: The type of a pointer of 64 bits.
        distance: The type of a distance of 32 bits, counted from its own place.
        addresses: Types by which data holds an address.
        calls: The types of direct calls and jumps to functions.
        call_addend: The addend of a call that leads to where a function begins.
        psabi: The document that numbers the types.
        source: The functions of the loader that the rest is taken from.
        rewritten: How the names of functions begin whose calls the kernel overwrites once they are
            relocated.
        reordered: Sections that the kernel sorts once they are relocated.
    """

    prefix: str
    names: Mapping[int, str]
    applied: Mapping[int, Relocation]
    must_be_zero: bool
    got: Collection[int]
    thread_local: Collection[int]
    unknown: str
    pointer: int
    distance: int
    addresses: Collection[int]
    calls: Collection[int]
    call_addend: int
    psabi: str
    source: str
    rewritten: tuple[str, ...] = ()
    reordered: Collection[str] = frozenset()


def signed(bits: int) -> tuple[int, int]:
    """Return the first and last value of a signed number."""
    return -(1 << bits - 1), (1 << bits - 1) - 1


def unsigned(bits: int) -> tuple[int, int]:
    """Return the first and last value of an unsigned number."""
    return 0, (1 << bits) - 1
