"""BPF programs, made by hand, that call functions of modules."""

import struct
from pathlib import Path

from rkmbuild.base import process

_CALLER = Path(__file__).parent / "data" / "bpf" / "call.c"
SYSCALL = 31
# include/uapi/linux/bpf.h; the second is the pseudo register of a call: BPF_PSEUDO_KFUNC_CALL.
_MOV_IMM, _MOV, _ADD_IMM, _STORE, _CALL, _JNE_IMM, _EXIT = 0xB7, 0xBF, 0x07, 0x7A, 0x85, 0x55, 0x95
_OF_MODULE = 2
FRAME = 10


def caller(folder: Path) -> Path:
    """Build the program for guests that runs one."""
    made = folder / "call"
    process.run(
        ["gcc", "-static", "-Os", "-Wall", "-Werror", "-o", made, _CALLER],
        doing="building a program",
    )
    return made


def unload(*modules: str, tries: int) -> str:
    """Return the command of a guest that unloads modules, one after the other.

    A program is freed a grace period after its end, and holds the module until then. Between two
    tries are 20 ms.
    """
    again = f"i=$((i+1)); [ $i = {tries} ] && exit 1; usleep 20000"
    return f"for m in {' '.join(modules)}; do i=0; while ! rmmod $m; do {again}; done; done"


class Program:
    """One in the making, an instruction a call."""

    def __init__(self) -> None:
        self._code: list[bytes] = []
        self._calls: list[str] = []

    def let(self, register: int, value: int) -> "Program":
        """Put a number into a register."""
        return self._add(_MOV_IMM, register, value=value)

    def copy(self, register: int, other: int) -> "Program":
        """Put into a register what is in the other one."""
        return self._add(_MOV, register | other << 4)

    def stack(self, register: int, offset: int) -> "Program":
        """Put a place on the stack into a register: `offset` bytes from its top, below 0."""
        return self.copy(register, FRAME)._add(_ADD_IMM, register, value=offset)

    def store(self, offset: int, value: int) -> "Program":
        """Write 8 bytes to the stack."""
        return self._add(_STORE, FRAME, offset, value)

    def call(self, function: str) -> "Program":
        """Call a function of the module."""
        self._calls.append(f"{len(self._code)}={function}")
        return self._add(_CALL, _OF_MODULE << 4)

    def helper(self, number: int) -> "Program":
        """Call a function of the kernel's that has a number (enum bpf_func_id)."""
        return self._add(_CALL, 0, value=number)

    def unless_null(self, over: int) -> "Program":
        """Go over so many instructions, if register 0 is not 0."""
        return self._add(_JNE_IMM, 0, over)

    def exit(self) -> "Program":
        """Return what is in register 0."""
        return self._add(_EXIT, 0)

    def command(self, module: str, kind: int = SYSCALL) -> str:
        """Return the command that runs it in a guest that has the caller as `call`."""
        return " ".join(["./call", module, str(kind), b"".join(self._code).hex(), *self._calls])

    def _add(self, code: int, registers: int, offset: int = 0, value: int = 0) -> "Program":
        self._code.append(struct.pack("<BBhi", code, registers, offset, value))
        return self
