"""A place in the code, as the kernel prints it in a trace."""

import re
from dataclasses import dataclass

from rkmbuild.arch import architectures

# A name is cut off at 127 bytes, or at 511 from 6.1 on (KSYM_NAME_LEN, include/linux/kallsyms.h).
SHORTEST_CUT = 127

# sprint_symbol of kernel/kallsyms.c: `name+0xoffset/0xsize [module build-id]`; the build id, of 20
# bytes at most, with CONFIG_STACKTRACE_BUILD_ID in traces only.
_SYMBOL = (
    r"(?P<symbol>[^\s+\[\]]{1,1024})\+0x(?P<offset>[0-9a-f]{1,16})/0x(?P<size>[0-9a-f]{1,16})"
    r"(?: \[(?P<module>[\w-]{1,64})(?: (?P<id>[0-9a-f]{8,40}))?\])?"
)
_ADDRESS = r"0x(?P<address>[0-9a-f]{8,16})"
# With its address before it: print_ip_sym of include/linux/kallsyms.h.
_CALL = re.compile(
    rf"\s*(?:\[<[0-9a-f]{{8,16}}>\] )?(?P<doubt>\? )?(?:{_SYMBOL}|{_ADDRESS})(?: \([A-Z]+\))?\s*"
)
_AT_FAULT = re.compile(
    rf"(?:{'|'.join(arch.log.at_fault for arch in architectures.ALL)})(?:{_SYMBOL}|{_ADDRESS})\s*"
)
# __stack_chk_fail of kernel/panic.c
_CORRUPTED = re.compile(rf"Kernel panic - not syncing: stack-protector: .* in: {_SYMBOL}\s*")


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A place in the code.

    Attributes:
        symbol: The function's name in the symbol table, perhaps cut off; empty where the kernel
            knew none.
        offset: Bytes from the function's begin.
        size: Bytes from there to the next symbol.
        module: The module it is in, or empty.
        build_id: The module's, in hex digits, or empty where the kernel does not print it.
        address: The address, where the kernel knew no name for it.
        exact: Whether it is the instruction itself, and not the one that a call comes back to.
        behind: How many bytes the processor was behind it.
        reliable: Whether the unwinder was sure of it.
    """

    symbol: str = ""
    offset: int = 0
    size: int = 0
    module: str = ""
    build_id: str = ""
    address: int | None = None
    exact: bool = False
    behind: int = 0
    reliable: bool = True

    def __str__(self) -> str:
        """Return it as the kernel prints it, without the build id."""
        if self.address is not None:
            return f"{self.address:#x}"
        return f"{self.symbol}+{self.offset:#x}/{self.size:#x}" + (
            f" [{self.module}]" if self.module else ""
        )


def in_trace(text: str) -> Frame | None:
    """Read a line of a call trace."""
    return _frame(_CALL.fullmatch(text), exact=False)


def at_fault(text: str) -> Frame | None:
    """Read the line of the registers that says where the processor was."""
    return _frame(_AT_FAULT.fullmatch(text), exact=True)


def in_title(text: str) -> Frame | None:
    """Read the place that the first line of a report names, where no other line does."""
    return _frame(_CORRUPTED.fullmatch(text), exact=False)


def _frame(match: re.Match[str] | None, *, exact: bool) -> Frame | None:
    if not match:
        return None
    found = match.groupdict()
    doubt = bool(found.get("doubt"))
    if found.get("address"):
        return Frame(address=int(found["address"], 16), exact=exact, reliable=not doubt)
    return Frame(
        symbol=found["symbol"],
        offset=int(found["offset"], 16),
        size=int(found["size"], 16),
        module=found["module"] or "",
        build_id=found["id"] or "",
        exact=exact,
        reliable=not doubt,
    )
