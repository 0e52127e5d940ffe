"""What code of a kernel that gcc built has to be compiled with, in clang's words."""

import re
from collections.abc import Callable
from typing import NamedTuple


class Demand(NamedTuple):
    """A flag that code in this kernel has to be compiled with.

    Attributes:
        options: The configuration's names for it, without CONFIG_; renamed in 6.9 to MITIGATION_*.
        flag: How clang's flag begins.
        least: The first major release of clang that has it.
        source: Where that is written.
    """

    options: tuple[str, ...]
    flag: str
    least: int
    source: str


class Replacement(NamedTuple):
    """A flag of gcc's that clang has under another name.

    Attributes:
        pattern: A regular expression for gcc's flag, whole.
        by: clang's, as a template for the match or a function of it.
    """

    pattern: str
    by: str | Callable[[re.Match[str]], str]


# Hardening is kept or the compiler is refused: the module would be the kernel's weak spot.
EVERYWHERE = (
    Demand(("STACKPROTECTOR_STRONG",), "-fstack-protector-strong", 5,
           "CC_HAS_STACKPROTECTOR_STRONG in arch/Kconfig"),
    Demand(("INIT_STACK_ALL_ZERO",), "-ftrivial-auto-var-init=zero", 8,
           "CC_HAS_AUTO_VAR_INIT_ZERO in security/Kconfig.hardening"),
    Demand(("ZERO_CALL_USED_REGS",), "-fzero-call-used-regs=", 15,
           "CC_HAS_ZERO_CALL_USED_REGS in security/Kconfig.hardening, LLVM 15 release notes"),
)  # fmt: skip
