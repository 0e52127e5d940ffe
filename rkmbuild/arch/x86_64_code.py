"""Reads x86_64 instructions, with iced-x86: some five million a second."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from rkmbuild.arch import x86_64_strays
from rkmbuild.arch.code import Access, Flow, Instruction, Scan

if TYPE_CHECKING:
    from iced_x86 import Instruction as Decoded

_PC32, _PLT32 = 2, 4
# The operand of call and jmp is four bytes long, and counted from its end.
_OPERAND = 4
_CALL, _JUMP = 0xE8, 0xE9
_NEAR = re.compile(rb"[\xe8\xe9]")
_EMPTY = re.compile(rb"[\xe8\xe9]\0\0\0\0")
_INT3 = b"\xcc"


class Reader:
    """A `CodeReader`; every method loads iced-x86, which takes 20 ms that few commands need."""

    return_address = 8

    def load(self) -> None:
        """Load iced-x86."""
        import iced_x86  # noqa: F401, PLC0415

    def scan(self, content: bytes, *, frame_limit: int) -> Scan:
        """Look for vector registers, large frames, returns and indirect branches."""
        from iced_x86 import Decoder  # noqa: PLC0415

        found = Scan()
        # Few kinds of instruction are of interest, and most code has none of them: the first pass
        # only asks which kinds there are, one of each.
        kinds = {one.code: one for one in Decoder(64, content)}
        interest = {code: _interest(one) for code, one in kinds.items()}
        if "frame" not in interest.values():
            # LEA makes frames only beside SUB, where the stack is probed page by page.
            interest = {code: what for code, what in interest.items() if what != "lea"}
        wanted = {code for code, what in interest.items() if what}
        if not wanted:
            return found
        for one in Decoder(64, content):
            if one.code not in wanted:
                continue
            kind = interest[one.code]
            if kind == "vector":
                found.vector.append(one.ip)
            elif kind in ("frame", "lea"):
                size = _frame(one)
                found.frames += [(one.ip, size)] if size > frame_limit else []
            else:
                (found.returns if kind == "return" else found.branches).append(one.ip)
                if _unguarded(one, content):
                    found.unguarded.append(one.ip)
        return found

    def vector_uses(self, content: bytes) -> Iterator[tuple[int, object]]:
        """Give the instructions that use x87, MMX, SSE or AVX registers."""
        from iced_x86 import Decoder  # noqa: PLC0415

        # Most code has none: the first pass asks only which kinds of instruction there are.
        kinds = {one.code: one for one in Decoder(64, content)}
        wanted = {code for code, one in kinds.items() if _uses_vectors(one)}
        if wanted:
            yield from ((one.ip, one) for one in Decoder(64, content) if one.code in wanted)

    def strays(
        self,
        content: bytes,
        starts: Sequence[int],
        filled: Callable[[], Collection[int]],
        usual: Collection[int],
        is_part: Callable[[int], bool],
    ) -> Iterator[Access]:
        """Give the accesses through FS, to fixed places through GS, and below RSP."""
        yield from x86_64_strays.find(content, starts, filled, usual, is_part)

    def is_per_cpu(self, content: bytes, place: int) -> bool:
        """Tell whether an instruction's prefix GS is where it would be, ahead of the operand."""
        return x86_64_strays.GS in content[max(place - 6, 0) : place]

    def instructions(self, content: bytes, start: int) -> Iterator[Instruction]:
        """Give the instructions of a function that begins at `start`."""
        from iced_x86 import Decoder  # noqa: PLC0415

        flows = _flows()
        direct = (Flow.CALL, Flow.JUMP, Flow.CONDITIONAL_JUMP)
        for one in Decoder(64, content, ip=start):
            flow = flows.get(one.flow_control, Flow.NEXT)
            yield Instruction(
                at=one.ip,
                end=one.next_ip,
                flow=flow,
                target=one.near_branch_target if flow in direct else None,
                operand=one.next_ip - _OPERAND,
                stack=_taken(one),
            )

    def unfilled_branches(self, content: bytes, filled: Collection[int]) -> Iterator[int]:
        """Give the offsets of `call 0` and `jmp 0` that no relocation fills."""
        from iced_x86 import Decoder  # noqa: PLC0415

        bare = {match.start() for match in _EMPTY.finditer(content)} - {at - 1 for at in filled}
        if bare:
            # The bytes may as well be part of another instruction.
            yield from sorted(bare & {one.ip for one in Decoder(64, content)})

    def relocated_branches(
        self, content: bytes, rows: Iterable[tuple[int, int, int, int]]
    ) -> Iterator[tuple[int, int, int, bool]]:
        """Give the calls and jumps that relocations fill."""
        last = len(content) - _OPERAND
        for offset, kind, number, addend in rows:
            if kind in (_PLT32, _PC32) and 0 < offset <= last:
                opcode = content[offset - 1]
                if opcode in (_CALL, _JUMP):
                    yield offset, number, addend + _OPERAND, opcode == _CALL

    def near_branches(
        self, content: bytes, starts: Collection[int]
    ) -> Iterator[tuple[int, int, bool]]:
        """Give the calls and jumps to one of `starts`, which the assembler has filled."""
        for match in _NEAR.finditer(content):
            at = match.end()
            distance = int.from_bytes(content[at : at + _OPERAND], "little", signed=True)
            target = at + _OPERAND + distance
            if target in starts:
                yield at, target, content[at - 1] == _CALL


def _flows() -> dict[int, Flow]:
    from iced_x86 import FlowControl  # noqa: PLC0415

    return {
        FlowControl.CALL: Flow.CALL,
        FlowControl.INDIRECT_CALL: Flow.INDIRECT_CALL,
        FlowControl.UNCONDITIONAL_BRANCH: Flow.JUMP,
        FlowControl.INDIRECT_BRANCH: Flow.INDIRECT_JUMP,
        FlowControl.CONDITIONAL_BRANCH: Flow.CONDITIONAL_JUMP,
        FlowControl.RETURN: Flow.RETURN,
        FlowControl.INTERRUPT: Flow.NOWHERE,
        FlowControl.EXCEPTION: Flow.NOWHERE,
    }


def _interest(one: "Decoded") -> str:
    """Return why instructions of this kind are of interest.

    It is `vector`, `frame`, `lea`, `return`, `branch`, or empty.
    """
    from iced_x86 import FlowControl, Mnemonic, OpKind  # noqa: PLC0415

    if one.flow_control == FlowControl.RETURN:
        return "return" if one.mnemonic == Mnemonic.RET else ""
    if one.flow_control in (FlowControl.INDIRECT_CALL, FlowControl.INDIRECT_BRANCH):
        return "branch"
    if one.mnemonic == Mnemonic.SUB and one.op1_kind == OpKind.IMMEDIATE32TO64:
        return "frame"
    if one.mnemonic == Mnemonic.LEA:
        return "lea"
    return "vector" if _uses_vectors(one) else ""


def _uses_vectors(one: "Decoded") -> bool:
    from iced_x86 import CpuidFeature, Mnemonic, Register  # noqa: PLC0415

    if one.mnemonic in (Mnemonic.EMMS, Mnemonic.VZEROUPPER, Mnemonic.VZEROALL, Mnemonic.LDMXCSR,
                        Mnemonic.VLDMXCSR):  # fmt: skip
        return True  # these name no register
    registers = [one.op_register(n) for n in range(one.op_count)]
    if any(
        Register.XMM0 <= register <= Register.ZMM31
        or Register.ST0 <= register <= Register.MM7
        or Register.K0 <= register <= Register.K7
        for register in registers
    ):
        return True
    x87 = {CpuidFeature.FPU, CpuidFeature.FPU287, CpuidFeature.FPU387}
    return not x87.isdisjoint(one.cpuid_features())


def _unguarded(one: "Decoded", content: bytes) -> bool:
    """Tell whether speculation could run on behind a return or an indirect jump."""
    from iced_x86 import FlowControl  # noqa: PLC0415

    behind = content[one.next_ip : one.next_ip + 1]
    return one.flow_control != FlowControl.INDIRECT_CALL and behind != _INT3


def _frame(one: "Decoded") -> int:
    """Return the size of the frame that `sub $n, %rsp` or `lea -n(%rsp), %r11` makes, or 0."""
    from iced_x86 import Mnemonic, Register  # noqa: PLC0415

    if one.mnemonic == Mnemonic.SUB:
        size = int(one.immediate(1)) & 0xFFFF_FFFF
        return size if one.op0_register == Register.RSP and size < 1 << 31 else 0
    # Both gcc and LLVM keep the end of a probed frame in R11; others only reckon with the pointer.
    if one.op0_register != Register.R11:
        return 0
    if one.memory_base == Register.RSP and one.memory_index == Register.NONE:
        displacement = int(one.memory_displacement)
        return (1 << 64) - displacement if displacement >> 63 else 0
    return 0


def _taken(one: "Decoded") -> int:
    """Return the bytes that an instruction puts on the stack, for those of a frame's making."""
    from iced_x86 import Mnemonic, OpKind, Register  # noqa: PLC0415

    if one.mnemonic == Mnemonic.PUSH:
        return 8
    if one.mnemonic != Mnemonic.SUB or one.op0_register != Register.RSP:
        return 0
    if one.op1_kind not in (OpKind.IMMEDIATE8TO64, OpKind.IMMEDIATE32TO64):
        return 0
    size = int(one.immediate(1)) & 0xFFFF_FFFF
    return size if size < 1 << 31 else 0
