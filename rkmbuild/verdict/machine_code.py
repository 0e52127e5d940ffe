"""What a module's instructions do that a kernel's should not: vector registers, large frames.

Disassembled with iced-x86, some five million instructions a second.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rkmbuild.ko import vectors
from rkmbuild.verdict.report import Report
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject

if TYPE_CHECKING:
    from iced_x86 import Instruction

# Functions that let kernel code use vector registers, or save them (asm/fpu/api.h, asm/fpu/sched.h)
_FPU_CALLS = frozenset(
    {"kernel_fpu_begin_mask", "kernel_fpu_begin", "fpregs_assert_state_consistent",
     "fpu_swap_kvm_fpstate", "switch_fpu_return"}
)  # fmt: skip
# Half of THREAD_SIZE (arch/x86/include/asm/page_64_types.h): callers and interrupts need room too.
_HALF_STACK = 8 << 10
_SHOWN = 3


@dataclass
class Code:
    """What was found in the code of a module, by section index and offset.

    Attributes:
        vector: Instructions that use x87, MMX, SSE or AVX registers.
        frames: Where frames are made that are larger than a limit, with their size in bytes.
        returns: Plain RET instructions.
        branches: Indirect calls and jumps that go through no thunk.
        unguarded: Returns and indirect jumps without an INT3 behind them.
    """

    vector: list[tuple[int, int]] = field(default_factory=list)
    frames: list[tuple[int, int, int]] = field(default_factory=list)
    returns: list[tuple[int, int]] = field(default_factory=list)
    branches: list[tuple[int, int]] = field(default_factory=list)
    unguarded: list[tuple[int, int]] = field(default_factory=list)


def read(subject: Subject, *, frame_limit: int) -> Code:
    """Disassemble the allocated code of a module.

    Args:
        subject: The module.
        frame_limit: Bytes up to which a frame is of no interest.
    """
    from iced_x86 import Decoder  # noqa: PLC0415 - 20 ms that other commands do not need

    found = Code()
    for number, section in enumerate(subject.file.sections):
        if not (section.executable and subject.allocated[number]):
            continue
        if subject.file.names[number] == vectors.NOT_RUN:
            continue
        content = bytes(subject.file.content(section))
        # Few kinds of instruction are of interest, and most code has none of them: the first pass
        # only asks which kinds there are, one of each.
        kinds = {instruction.code: instruction for instruction in Decoder(64, content)}
        interest = {code: _interest(one) for code, one in kinds.items()}
        if "frame" not in interest.values():
            # LEA makes frames only beside SUB, where the stack is probed page by page.
            interest = {code: what for code, what in interest.items() if what != "lea"}
        wanted = {code for code, what in interest.items() if what}
        if not wanted:
            continue
        for instruction in Decoder(64, content):
            if instruction.code in wanted:
                kind = interest[instruction.code]
                place = (number, instruction.ip)
                if kind == "vector":
                    found.vector.append(place)
                elif kind in ("frame", "lea"):
                    size = _frame(instruction)
                    found.frames += [(*place, size)] if size > frame_limit else []
                else:
                    (found.returns if kind == "return" else found.branches).append(place)
                    if _unguarded(instruction, content):
                        found.unguarded.append(place)
    return found


def check(subject: Subject, code: Code, report: Report) -> None:
    """Judge vector registers and frames."""
    if code.vector:
        imports = {subject.symbol_name(s) for s in subject.symbols if not s.shndx}
        allowed = imports & _FPU_CALLS
        report.add(
            notes.FPU_USED if allowed else dangers.FPU_REGISTERS,
            f"{len(code.vector)} instructions use vector or floating-point registers"
            + (
                f"; the module calls {', '.join(sorted(allowed))}"
                if allowed
                else ", and the module never calls kernel_fpu_begin()"
            ),
            place=where(subject, code.vector),
        )
    limit = subject.target.config.number("FRAME_WARN")
    largest: dict[str, int] = {}
    for number, offset, size in code.frames:
        function = subject.function_at(number, offset)
        largest[function] = max(size, largest.get(function, 0))
    for function, size in sorted(largest.items(), key=lambda item: -item[1])[:_SHOWN]:
        rule = dangers.STACK_FRAME if size > _HALF_STACK else notes.LARGE_FRAME
        room = "16384 on the stack in all" if size > _HALF_STACK else f"{limit} are the limit"
        report.add(rule, f"a frame of {size} bytes, and {room}", place=function)


def where(subject: Subject, places: list[tuple[int, int]]) -> str:
    """Return the names of the first functions that the places, section and offset, are in."""
    names = list(dict.fromkeys(subject.function_at(*place) for place in places[:200]))
    return ", ".join(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")


def _interest(one: "Instruction") -> str:
    """Return why instructions of this kind are looked at: `vector`, `frame`, `return`, `branch`."""
    from iced_x86 import FlowControl, Mnemonic, OpKind  # noqa: PLC0415

    if one.flow_control == FlowControl.RETURN:
        return "return" if one.mnemonic == Mnemonic.RET else ""
    if one.flow_control in (FlowControl.INDIRECT_CALL, FlowControl.INDIRECT_BRANCH):
        return "branch"
    if one.mnemonic == Mnemonic.SUB and one.op1_kind == OpKind.IMMEDIATE32TO64:
        return "frame"
    if one.mnemonic == Mnemonic.LEA:
        return "lea"
    return "vector" if vectors.uses(one) else ""


def _unguarded(one: "Instruction", content: bytes) -> bool:
    """Tell whether speculation could run on behind a return or an indirect jump."""
    from iced_x86 import FlowControl  # noqa: PLC0415

    behind = content[one.next_ip : one.next_ip + 1]
    return one.flow_control != FlowControl.INDIRECT_CALL and behind != b"\xcc"


def _frame(one: "Instruction") -> int:
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
