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


def test_a_plain_return_is_a_note_where_the_kernel_has_return_thunks() -> None:
    assert found(judge(code("c3")), "plain-returns")
    assert found(judge(code("c3"), kernel(MITIGATION_RETHUNK="")), "plain-returns") is None
    assert found(judge(code("c3")), "straight-line-speculation") is None
    assert found(judge(code("c390")), "straight-line-speculation")


@pytest.mark.parametrize("text", ["ffd0", "ff10", "ffe0", "ff25"], ids=str)
def test_an_indirect_branch_without_a_thunk_is_a_note(text: str) -> None:
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
