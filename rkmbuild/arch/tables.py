"""The tables of a module that the kernel reads: entries of one size, with pointers in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# What a pointer of an entry leads to: bytes that the code there may begin with; none for any code;
# None for anything at all, the kernel's own symbols included.
ANY = None
CODE: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table of entries of one size.

    Attributes:
        size: Bytes of an entry.
        pointers: For each pointer that has to be relocated: offset in the entry, what is there.
        source: The structure, and where it is declared.
        others: Offsets of pointers that may be relocated.
        code_end: Whether a pointer may lead to a section's end.
        older: What it was before a kernel: its major and minor number, and the table.
        until: The kernel from which on nothing reads it, by the same numbers.
    """

    size: int
    pointers: Mapping[int, tuple[bytes, ...] | None]
    source: str
    others: tuple[int, ...] = ()
    code_end: bool = False
    older: "tuple[int, int, Table] | None" = None
    until: tuple[int, int] | None = None


EVERYWHERE: Mapping[str, Table] = MappingProxyType(
    {
        "__param": Table(40, {0: ANY, 8: ANY, 16: ANY}, "linux/moduleparam.h", (32,)),
        "__ksymtab": Table(12, {0: ANY, 4: ANY}, "linux/export.h: kernel_symbol", (8,)),
        "__ksymtab_gpl": Table(12, {0: ANY, 4: ANY}, "linux/export.h: kernel_symbol", (8,)),
        "__tracepoints_ptrs": Table(4, {0: ANY}, "linux/tracepoint-defs.h"),
        "___srcu_struct_ptrs": Table(8, {0: ANY}, "kernel/rcu/srcutree.c"),
        "_ftrace_events": Table(8, {0: ANY}, "kernel/trace/trace_events.c"),
    }
)
"""Those that are the same for every architecture of 64 bits with relative pointers."""
