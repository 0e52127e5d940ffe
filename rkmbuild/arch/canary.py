"""Where code finds the value that guards its frames (the stack protector's canary)."""

from dataclasses import dataclass

from rkmbuild.arch.rustflags import Kernel


@dataclass(frozen=True, kw_only=True)
class Canary:
    """Where an architecture's kernels keep it.

    Attributes:
        option: The kernel's option, without CONFIG_.
        place: Its fixed place among the per-CPU variables.
        moved: The release, as (6, 15), from which on it is a variable with a name instead.
        names: That variable's names.
        of_programs: Its place behind the thread pointer of a user program.
    """

    option: str
    place: int
    moved: tuple[int, int]
    names: frozenset[str]
    of_programs: int

    def has_moved(self, kernel: Kernel) -> bool:
        """Tell whether it is a variable with a name."""
        return (kernel.version.major, kernel.version.minor) >= self.moved

    def places(self, kernel: Kernel) -> tuple[int, ...]:
        """Return the fixed places at which a kernel has one."""
        return (self.place,) if kernel.config.on(self.option) and not self.has_moved(kernel) else ()
