"""What a module's instructions do that a kernel's should not: vector registers, large frames."""

from dataclasses import dataclass, field

from rkmbuild.arch.code import CodeReader, Stray
from rkmbuild.ko import strays, vectors
from rkmbuild.verdict.finding_list import FindingList
from rkmbuild.verdict.rules import dangers, notes
from rkmbuild.verdict.subject import Subject

_SHOWN = 3
_STRAYS = {
    Stray.USER_SEGMENT: dangers.THREAD_POINTER,
    Stray.FIXED_PER_CPU: dangers.PER_CPU_PLACE,
    Stray.NOT_PER_CPU: dangers.PER_CPU_PLACE,
    Stray.BELOW_STACK: dangers.RED_ZONE,
}


@dataclass
class Code:
    """What was found in the code of a module, by section index and offset.

    Attributes:
        vector: Instructions that use vector or floating-point registers.
        frames: Where frames are made that are larger than a limit, with their size in bytes.
        returns: Plain returns.
        branches: Indirect calls and jumps that go through no thunk.
        unguarded: Returns and indirect jumps without a stop behind them.
    """

    vector: list[tuple[int, int]] = field(default_factory=list)
    frames: list[tuple[int, int, int]] = field(default_factory=list)
    returns: list[tuple[int, int]] = field(default_factory=list)
    branches: list[tuple[int, int]] = field(default_factory=list)
    unguarded: list[tuple[int, int]] = field(default_factory=list)


def read(subject: Subject, code: CodeReader, *, frame_limit: int) -> Code:
    """Disassemble the allocated code of a module.

    Args:
        subject: The module.
        code: What reads the instructions of its architecture.
        frame_limit: Bytes up to which a frame is of no interest.
    """
    found = Code()
    for number, section in enumerate(subject.file.sections):
        if not (section.executable and subject.allocated[number]):
            continue
        if subject.file.names[number] == vectors.NOT_RUN:
            continue
        scan = code.scan(bytes(subject.file.content(section)), frame_limit=frame_limit)
        found.vector += [(number, at) for at in scan.vector]
        found.frames += [(number, at, size) for at, size in scan.frames]
        found.returns += [(number, at) for at in scan.returns]
        found.branches += [(number, at) for at in scan.branches]
        found.unguarded += [(number, at) for at in scan.unguarded]
    return found


def check(subject: Subject, code: Code, report: FindingList) -> None:
    """Judge vector registers and frames."""
    if code.vector:
        imports = {subject.symbol_name(s) for s in subject.symbols if not s.shndx}
        calls = subject.target.arch.vector_calls
        allowed = imports & calls.any
        report.add(
            notes.FPU_USED if allowed else dangers.FPU_REGISTERS,
            f"{len(code.vector)} instructions use vector or floating-point registers"
            + (
                f"; the module calls {', '.join(sorted(allowed))}"
                if allowed
                else f", and the module never calls {calls.begin}()"
            ),
            place=where(subject, code.vector),
        )
    limit = subject.target.config.number("FRAME_WARN")
    stack = subject.target.arch.stack
    half = stack // 2  # callers and interrupts need room too
    largest: dict[str, int] = {}
    for number, offset, size in code.frames:
        function = subject.function_at(number, offset)
        largest[function] = max(size, largest.get(function, 0))
    for function, size in sorted(largest.items(), key=lambda item: -item[1])[:_SHOWN]:
        rule = dangers.STACK_FRAME if size > half else notes.LARGE_FRAME
        room = f"{stack} on the stack in all" if size > half else f"{limit} are the limit"
        report.add(rule, f"a frame of {size} bytes, and {room}", place=function)


def check_strays(subject: Subject, code: CodeReader, report: FindingList) -> None:
    """Judge accesses to user programs' data, to fixed per-CPU places, and below the stack."""
    found: dict[Stray, dict[str, list[tuple[int, int]]]] = {}
    canary = subject.target.arch.canary
    for number, access in strays.find(subject.places, code, canary, subject.target):
        words = strays.text(access, canary)
        shown = f"{words}: `{access.text}`" if access.text else words
        places = found.setdefault(access.kind, {}).setdefault(shown, [])
        places.append((number, access.at))
    for kind, by_text in found.items():
        every = [place for places in by_text.values() for place in places]
        first = next(iter(by_text))
        message = f"{len(every)} instructions reach {first}"
        report.add(_STRAYS[kind], message, place=where(subject, every))


def where(subject: Subject, places: list[tuple[int, int]]) -> str:
    """Return the names of the first functions that the places, section and offset, are in."""
    names = list(dict.fromkeys(subject.function_at(*place) for place in places[:200]))
    return ", ".join(names[:_SHOWN]) + (" and others" if len(names) > _SHOWN else "")
