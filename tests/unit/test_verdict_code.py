"""What is said of a module's instructions."""

import pytest

from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Finding, Severity, Verdict
from rkmbuild.verdict.target import Target
from tests.modules import AX, ENDBR, WA, Module, Reloc, Sec, Sym, kernel, module

NEW = kernel("6.12.0")


def judge(made: Module, target: Target = NEW) -> Verdict:
    return check.judge(bytes(made), target, explain=False)


def found(verdict: Verdict, rule: str) -> Finding | None:
    return next((finding for finding in verdict.findings if finding.rule.id == rule), None)


def code(text: str, *relocs: Reloc) -> Module:
    """A module with one more function: `endbr64`, then the given bytes, then `int3`."""
    body = ENDBR + bytes.fromhex(text) + b"\xcc"
    return module().add(
        Sec(".text.more", body, AX, align=16, relocs=relocs),
        Sym("more", ".text.more", 0, len(body), 2),
    )


@pytest.mark.parametrize(
    "text",
    ["660f6fc1", "c5f96fc1", "62f17d486fc1", "d9e8", "0f6fc1", "f30f58c1"],
    ids=["movdqa", "vmovdqa", "avx512", "fld1", "mmx", "addss"],
)
def test_vector_registers_are_dangerous_without_kernel_fpu_begin(text: str) -> None:
    finding = found(judge(code(text)), "fpu-registers")
    assert finding
    assert finding.place == "more"
    assert judge(code(text)).worst is Severity.DANGEROUS


@pytest.mark.parametrize("text", ["0faee8", "f390", "0f18", "0f01d0", "0fc7f0", "480fc3"])
def test_instructions_that_only_came_with_vector_extensions_are_none(text: str) -> None:
    assert found(judge(code(text + "90" * 4)), "fpu-registers") is None


def test_vector_registers_are_a_note_where_kernel_fpu_begin_is_called() -> None:
    made = code("660f6fc1").add(Sym("kernel_fpu_begin_mask", binding=2))
    assert found(judge(made), "fpu-registers") is None
    finding = found(judge(made), "fpu-used")
    assert finding
    assert finding.severity is Severity.NOTE


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("4881ec00080000", None),  # sub $2048, %rsp
        ("4881ec01080000", "large-frame"),
        ("4881ec00300000", "stack-frame"),
        ("4881e800300000", None),  # of %rax
        ("4c8d9c2400d0ffff 4881ec00100000", "stack-frame"),  # lea -12288(%rsp), %r11; a probe
    ],
)
def test_large_frames_are_found(text: str, rule: str | None) -> None:
    rules = {finding.rule.id for finding in judge(code(text)).findings}
    assert rules & {"large-frame", "stack-frame"} == ({rule} if rule else set())


def test_a_plain_return_is_dangerous_where_the_kernel_has_return_thunks() -> None:
    finding = found(judge(code("c3")), "plain-returns")
    assert finding
    assert finding.severity is Severity.DANGEROUS
    assert found(judge(code("c3"), kernel(MITIGATION_RETHUNK="")), "plain-returns") is None
    assert found(judge(code("c3")), "straight-line-speculation") is None
    assert found(judge(code("c390")), "straight-line-speculation")


@pytest.mark.parametrize("text", ["ffd0", "ff10", "ffe0", "ff25"], ids=str)
def test_an_indirect_branch_without_a_thunk_is_dangerous(text: str) -> None:
    assert found(judge(code(text + "cc" * 4)), "indirect-calls")


def test_an_indirect_branch_that_is_patched_at_load_is_none() -> None:
    made = code("ffd0").add(
        Sec(".retpoline_sites", bytes(4), align=4, relocs=(Reloc(0, 2, "more", 4),))
    )
    assert found(judge(made), "indirect-calls") is None


def test_a_function_whose_address_is_taken_begins_with_endbr_on_ibt_kernels() -> None:
    plain = Sec(".text.plain", b"\x90" * 16, AX, align=16)
    vtable = Sec(".data.rel.ro", bytes(8), WA, align=8, relocs=(Reloc(0, 1, "plain"),))
    made = module().add(plain, vtable, Sym("plain", ".text.plain", 0, 16, 2))
    finding = found(judge(made), "missing-endbr")
    assert finding
    assert finding.place == "plain"
    assert found(judge(made, kernel(X86_KERNEL_IBT="")), "missing-endbr") is None


def test_code_is_not_disassembled_where_that_is_not_asked_for() -> None:
    verdict = check.judge(bytes(code("660f6fc1")), NEW, explain=False, deep=False)
    assert found(verdict, "fpu-registers") is None


GUARDED = {"STACKPROTECTOR": "y"}
CANARY = "65488b042528000000"  # mov %gs:0x28, %rax


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("64488b042528000000", "thread-pointer"),  # mov %fs:0x28, %rax
        ("64c7042500000000ffffffff", "thread-pointer"),  # movl $-1, %fs:0
        ("648900", "thread-pointer"),  # mov %eax, %fs:(%rax)
        ("6448a12800000000000000", "thread-pointer"),  # movabs %fs:0x28, %rax
        ("64900f1f00", None),  # fs nop
        (CANARY, None),
        ("65488b042530000000", "per-cpu-place"),  # mov %gs:0x30, %rax
        ("65488b00", None),  # mov %gs:(%rax), %rax
        ("48894424f8", "red-zone"),  # mov %rax, -8(%rsp)
        ("c74424ec00000000", "red-zone"),  # movl $0, -20(%rsp)
        ("89848498ffffff", "red-zone"),  # mov %eax, -104(%rsp,%rax,4)
        ("488d442498", "red-zone"),  # lea -104(%rsp), %rax
        ("4883c480 c74424e001000000", "red-zone"),  # add $-128, %rsp; movl $1, -32(%rsp)
        ("55 4889e5 897dfc 5d", "red-zone"),  # push %rbp; mov %rsp, %rbp; mov %edi, -4(%rbp); pop
        ("55 4889e5 53 897df0 5b 5d", "red-zone"),  # with push %rbx: mov %edi, -16(%rbp)
        ("55 4889e5 4883ec10 897dfc c9", None),  # with sub $16, %rsp
        ("55 4889e5 4883e4f0 897dfc c9", None),  # with and $-16, %rsp: how much is not known
        # push %rbp; mov %rsp, %rbp; add $8, %rbp; mov %rdi, -8(%rbp), as gcc goes through an array
        ("55 4889e5 4883c508 48897df8 5d", None),
        ("4881ec88000000 894484f8", None),  # sub $136, %rsp; mov %eax, -8(%rsp,%rax,4)
        ("488b4424f8", None),  # mov -8(%rsp), %rax reads what is dead already
        ("f0834424fc00", None),  # lock addl $0, -4(%rsp) is the kernel's barrier
        ("49894424f8", None),  # mov %rax, -8(%r12)
        ("488d6424f8", None),  # lea -8(%rsp), %rsp
    ],
)
def test_accesses_that_a_kernels_code_does_not_make_are_dangerous(
    text: str, rule: str | None
) -> None:
    verdict = judge(code(text), kernel("6.12.0", **GUARDED))
    strays = {"thread-pointer", "per-cpu-place", "red-zone"}
    assert {each.rule.id for each in verdict.findings} & strays == ({rule} if rule else set())


@pytest.mark.parametrize(("name", "told"), [("more", True), ("more.cold", False)])
def test_a_part_of_a_function_has_the_frame_that_was_taken_elsewhere(name: str, told: bool) -> None:
    text = bytes.fromhex("40887404ff cc")  # mov %sil, -1(%rsp,%rax)
    made = module().add(
        Sec(".text.more", text, AX, align=16), Sym(name, ".text.more", 0, len(text), 2)
    )
    assert (found(judge(made), "red-zone") is not None) == told


def test_the_canary_is_looked_for_where_each_kernel_has_it() -> None:
    by_place = code(CANARY)
    assert found(judge(by_place, kernel("6.14.0", **GUARDED)), "per-cpu-place") is None
    moved = found(judge(by_place, kernel("6.15.0", **GUARDED)), "per-cpu-place")
    assert moved
    assert "in another place" in moved.message
    assert found(judge(by_place, kernel("6.12.0")), "per-cpu-place")
    filled = code("65488b042500000000", Reloc(9, 11, "guard", 0x28)).add(Sym("guard", binding=2))
    assert found(judge(filled, kernel("6.15.0", **GUARDED)), "per-cpu-place") is None


@pytest.mark.parametrize(("text", "stray"), [("488b0500000000", True), ("65488b1500000000", False)])
def test_the_canary_is_a_per_cpu_variable_from_6_15_on(text: str, stray: bool) -> None:
    at = 4 + len(bytes.fromhex(text)) - 4
    made = code(text, Reloc(at, 2, "__stack_chk_guard", -4)).add(
        Sym("__stack_chk_guard", binding=2)
    )
    finding = found(judge(made, kernel("7.3.0", **GUARDED)), "per-cpu-place")
    assert (finding is not None) == stray


def test_constructors_are_told_of_where_nobody_calls_them() -> None:
    made = module().add(Sec(".init_array.00100", bytes(8), WA), Sec(".fini_array", b"", WA))
    finding = found(judge(made), "never-run")
    assert finding
    assert ".init_array.00100" in finding.message
    assert found(judge(made, kernel("6.12.0", CONSTRUCTORS="y")), "never-run") is None
    ends = module().add(Sec(".fini_array", bytes(8), WA))
    assert found(judge(ends, kernel("6.12.0", CONSTRUCTORS="y")), "never-run")
    # gcc has one in each object, of whose statics KASAN is told.
    checked = kernel("6.12.0", CONSTRUCTORS="y", KASAN_GENERIC="y")
    assert found(judge(ends, checked), "never-run") is None
