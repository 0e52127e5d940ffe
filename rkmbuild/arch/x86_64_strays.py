"""x86_64 instructions that reach what is not the kernel's: user programs' data, and dead stack.

A compiler for programs reads the stack's canary and thread-local variables through FS, and keeps
locals of a function that calls nothing below the stack pointer (System V ABI, "red zone"). In the
kernel FS is the running program's, and an interrupt takes the stack right below its pointer.

Regular expressions pick the functions that may have some; these alone are decoded.
"""

import bisect
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING

from rkmbuild.arch.code import Access, Stray

if TYPE_CHECKING:
    from iced_x86 import Decoder, Instruction

# Instructions of one byte with an operand in memory, or of two (0F).
_OPERATION = (
    rb"(?:[\x00-\x03\x08-\x0b\x10-\x13\x18-\x1b\x20-\x23\x28-\x2b\x30-\x33\x38-\x3b\x63\x69\x6b"
    rb"\x80-\x8f\xc0\xc1\xc6\xc7\xd0-\xd3\xd8-\xdf\xf6\xf7\xfe\xff]|\x0f[\x00-\xff])"
)
_PREFIXES = rb"[\x40-\x4f\x66\xf0\xf2\xf3]{0,3}"
# ModRM of an operand in memory; or an address of 8 bytes right behind the operation.
_FS = re.compile(rb"\x64" + _PREFIXES + rb"(?:" + _OPERATION + rb"[\x00-\xbf]|[\xa0-\xa3])")
# The same, with an address of 4 bytes alone.
_GS_FIXED = re.compile(
    rb"\x65" + _PREFIXES + rb"(?:" + _OPERATION + rb"[\x04\x0c\x14\x1c\x24\x2c\x34\x3c]\x25"
    rb"([\x00-\xff]{4})|[\xa0-\xa3])"
)
# Negative offsets from RSP (or R12, which the decoder tells apart), with or without an index.
_SIB = b"[" + b"".join(b"\\x%02x" % byte for byte in range(4, 256, 8)) + b"]"
_BELOW = re.compile(
    rb"(?:[\x44\x4c\x54\x5c\x64\x6c\x74\x7c]" + _SIB + rb"[\x80-\xff]"
    rb"|[\x84\x8c\x94\x9c\xa4\xac\xb4\xbc]" + _SIB + rb"[\x00-\xff]{3}\xff)"
)
# push %rbp; mov %rsp, %rbp in its two encodings.
_FRAME = re.compile(rb"\x55\x48(?:\x89\xe5|\x8b\xec)")
GS = 0x65
_LONG = 1 << 64


def find(
    content: bytes,
    starts: Sequence[int],
    filled: Callable[[], Collection[int]],
    usual: Collection[int],
    is_part: Callable[[int], bool],
) -> Iterator[Access]:
    """Give the stray accesses of a section; see `CodeReader.strays`."""
    suspects = {match.start() for match in _FS.finditer(content)}
    suspects |= {match.start() for match in _BELOW.finditer(content)}
    suspects |= {match.start() for match in _FRAME.finditer(content)}
    for match in _GS_FIXED.finditer(content):
        value = match[1]
        if value is None or (
            int.from_bytes(value, "little") not in usual and match.end() - 4 not in filled()
        ):
            suspects.add(match.start())
    bounds = sorted({0, *starts})
    functions = sorted({bisect.bisect_right(bounds, at) - 1 for at in suspects})
    for number in functions:
        start = bounds[number]
        end = bounds[number + 1] if number + 1 < len(bounds) else len(content)
        function = _Function(content[start:end], start, filled, usual)
        yield from function.strays()
        if not is_part(start):
            yield from function.by_frame()


class _Function:
    """The code of one function, and what is known of its frame so far.

    Attributes:
        taken: Bytes that it takes of the stack by subtraction.
        below_rbp: Bytes that lie below RBP, once that is its frame's pointer; -1 before.
    """

    def __init__(
        self,
        content: bytes,
        start: int,
        filled: Callable[[], Collection[int]],
        usual: Collection[int],
    ) -> None:
        self._content = content
        self._start = start
        self._filled = filled
        self._usual = usual
        self.taken = 0
        self.below_rbp = -1
        self._unknown = False
        self._moves_rbp = False
        self._by_rbp: list[Instruction] = []
        self._by_index: list[Instruction] = []
        self._pushed_rbp = False

    def strays(self) -> Iterator[Access]:
        """Give those that need no more than the instruction to be known."""
        from iced_x86 import Decoder, Mnemonic, Register  # noqa: PLC0415

        segments, pointers = (Register.FS, Register.GS), (Register.RSP, Register.RBP)
        frames = (Mnemonic.PUSH, Mnemonic.ENTER)
        decoder = Decoder(64, self._content, ip=self._start)
        for one in decoder:
            if one.segment_prefix in segments:
                access = self._segment(one, decoder)
                if access:
                    yield access
            negative = one.memory_base in pointers and one.memory_displacement >> 63
            if negative and self._is_below(one):
                yield _below(one)
            if one.op0_register in pointers or one.mnemonic in frames:
                self._follow(one)

    def by_frame(self) -> Iterator[Access]:
        """Give those by RBP and by an index, of a function that was gone through from its start.

        None are given where it is not known how large the frame is.
        """
        if self._unknown:
            return
        if not self.taken:
            yield from map(_below, self._by_index)
        by_rbp = [] if self._moves_rbp else self._by_rbp
        deep = (one for one in by_rbp if _LONG - one.memory_displacement > self.below_rbp)
        yield from map(_below, deep)

    def _is_below(self, one: "Instruction") -> bool:
        """Tell whether it writes below the stack's pointer; note it where that is not known yet."""
        import iced_x86 as iced  # noqa: PLC0415

        base, indexed = one.memory_base, one.memory_index != iced.Register.NONE
        if base == iced.Register.RSP and one.mnemonic == iced.Mnemonic.LEA:
            # Both gcc and LLVM keep the end of a probed frame in R11.
            if one.op0_register not in (iced.Register.RSP, iced.Register.R11):
                self._by_index.append(one)
        elif base == iced.Register.RSP and _writes(one):
            if not indexed:
                return True
            self._by_index.append(one)
        elif base == iced.Register.RBP and self.below_rbp >= 0 and not indexed and _writes(one):
            self._by_rbp.append(one)
        return False

    def _segment(self, one: "Instruction", decoder: "Decoder") -> Access | None:
        import iced_x86 as iced  # noqa: PLC0415

        if not one.memory_size or one.mnemonic in (iced.Mnemonic.LEA, iced.Mnemonic.NOP):
            return None
        displacement = int(one.memory_displacement)
        displacement -= _LONG if displacement >> 63 else 0
        if one.segment_prefix == iced.Register.FS:
            return Access(one.ip, Stray.USER_SEGMENT, displacement, str(one))
        if one.memory_base != iced.Register.NONE or one.memory_index != iced.Register.NONE:
            return None
        place = one.ip + decoder.get_constant_offsets(one).displacement_offset
        if displacement in self._usual or place in self._filled():
            return None
        return Access(one.ip, Stray.FIXED_PER_CPU, displacement, str(one))

    def _follow(self, one: "Instruction") -> None:
        """Keep account of the frame: all that is taken counts, as if nothing were given back."""
        import iced_x86 as iced  # noqa: PLC0415

        if one.mnemonic == iced.Mnemonic.PUSH:
            if self.below_rbp >= 0:
                self.below_rbp += 8
            self._pushed_rbp |= (
                one.op0_kind == iced.OpKind.REGISTER and one.op0_register == iced.Register.RBP
            )
            return
        if one.op_count < 2 or one.op0_kind != iced.OpKind.REGISTER:
            self._unknown |= one.mnemonic == iced.Mnemonic.ENTER
            self._moves_rbp |= one.mnemonic in (iced.Mnemonic.INC, iced.Mnemonic.DEC)
            return
        to, what = one.op0_register, one.mnemonic
        if to == iced.Register.RBP:
            if what == iced.Mnemonic.MOV and one.op1_register == iced.Register.RSP:
                if self._pushed_rbp:
                    self.below_rbp = max(self.below_rbp, 0)
            elif what not in (iced.Mnemonic.CMP, iced.Mnemonic.TEST):
                self._moves_rbp = True  # a pointer like any other, and no frame's
            return
        if to != iced.Register.RSP:
            return
        size = _taken(one)
        if size:
            self.taken += size
            if self.below_rbp >= 0:
                self.below_rbp += size
        elif what in (iced.Mnemonic.ADD, iced.Mnemonic.SUB):
            self._unknown |= one.op1_kind == iced.OpKind.REGISTER
        else:  # at a function's end RBP, or a place near it, is where RSP was
            known = what == iced.Mnemonic.MOV and one.op1_register == iced.Register.RBP
            known |= what == iced.Mnemonic.LEA and one.memory_base in (
                iced.Register.RBP,
                iced.Register.RSP,
            )
            self._unknown |= not known


def _below(one: "Instruction") -> Access:
    return Access(one.ip, Stray.BELOW_STACK, int(one.memory_displacement) - _LONG, str(one))


def _taken(one: "Instruction") -> int:
    """Return the bytes that `sub $n, %rsp`, `add $-n, %rsp` or `lea -n(%rsp), %rsp` take, or 0."""
    import iced_x86 as iced  # noqa: PLC0415

    immediate = one.op1_kind in (iced.OpKind.IMMEDIATE8TO64, iced.OpKind.IMMEDIATE32TO64)
    if immediate and one.mnemonic in (iced.Mnemonic.SUB, iced.Mnemonic.ADD):
        value = int(one.immediate(1)) & (_LONG - 1)
        value -= _LONG if value >> 63 else 0
        return max(value if one.mnemonic == iced.Mnemonic.SUB else -value, 0)
    if one.mnemonic == iced.Mnemonic.LEA and one.memory_base == iced.Register.RSP:
        value = int(one.memory_displacement)
        return _LONG - value if value >> 63 and one.memory_index == iced.Register.NONE else 0
    return 0


def _writes(one: "Instruction") -> bool:
    """Tell whether an instruction changes the operand in memory that it names."""
    import iced_x86 as iced  # noqa: PLC0415

    if one.mnemonic in (iced.Mnemonic.PUSH, iced.Mnemonic.CALL):
        return False  # these write to the stack, and read the operand
    # `lock addl $0, -4(%rsp)` is a barrier (asm/barrier.h: __smp_mb).
    immediate = one.op0_kind == iced.OpKind.MEMORY and one.op1_kind != iced.OpKind.REGISTER
    if one.mnemonic in (iced.Mnemonic.ADD, iced.Mnemonic.OR) and immediate:
        return bool(one.immediate(1))
    writing = (
        iced.OpAccess.WRITE,
        iced.OpAccess.READ_WRITE,
        iced.OpAccess.COND_WRITE,
        iced.OpAccess.READ_COND_WRITE,
    )
    used = iced.InstructionInfoFactory().info(one).used_memory()
    return any(memory.access in writing for memory in used)
