"""What is said of a module's calls: circles of them, what init calls, and what is freed."""

from typing import TYPE_CHECKING

import pytest

from rkmbuild.verdict import check
from rkmbuild.verdict.findings import Finding, Severity
from rkmbuild.verdict.recursion import circles
from tests.modules import AX, ENDBR, WA, Module, Reloc, Sec, Sym, kernel, module

if TYPE_CHECKING:
    from rkmbuild.ko.calls import Place

THUNK = "__x86_return_thunk"
RULES = {"recursion", "endless-recursion", "not-in-init", "freed-code-used", "freed-code-kept"}


def findings(made: Module) -> list[Finding]:
    verdict = check.judge(bytes(made), kernel(), explain=False)
    return [finding for finding in verdict.findings if finding.rule.id in RULES]


def function(name: str, text: str, *relocs: Reloc, section: str = "") -> tuple[Sec, Sym]:
    """A function in a section of its own; offsets of relocations count from its first byte."""
    section = section or f".text.{name}"
    body = ENDBR + bytes.fromhex(text) + b"\xcc"
    moved = tuple(Reloc(r.offset + len(ENDBR), r.kind, r.to, r.addend) for r in relocs)
    return (
        Sec(section, body, AX, align=16, relocs=moved),
        Sym(name, section, 0, len(body), 2),
    )


def calls(name: str, callee: str) -> tuple[Sec, Sym]:
    """A function that calls another one and returns."""
    to = Reloc(1, 4, callee, -4), Reloc(6, 4, THUNK, -4)
    return function(name, "e800000000 e900000000", *to)


def test_a_function_that_calls_itself_on_every_path_is_dangerous() -> None:
    # sub $56, %rsp; call itself, as the assembler fills it; add $56, %rsp; return
    text = "4883ec38 e8f3ffffff 4883c438 e900000000"
    (found,) = findings(module().add(*function("more", text, Reloc(14, 4, THUNK, -4))))
    assert found.rule.id == "endless-recursion"
    assert found.place == "more"
    assert "64 of the 16384 bytes" in found.message
    assert found.severity is Severity.DANGEROUS


def test_a_function_that_may_return_before_it_calls_itself_is_a_note() -> None:
    # push %rbx; test %edi, %edi; je to the end; call itself; pop %rbx; return
    text = "53 85ff 7405 e8f2ffffff 5b e900000000"
    (found,) = findings(module().add(*function("more", text, Reloc(12, 4, THUNK, -4))))
    assert found.rule.id == "recursion"
    assert "16 of the 16384 bytes" in found.message


def test_functions_that_call_each_other_are_found_across_sections() -> None:
    made = module().add(*calls("left", "right"), *calls("right", "left"))
    (found,) = findings(made)
    assert found.rule.id == "endless-recursion"
    assert found.message.startswith("they call each other in a circle, on every path")
    assert found.place == "left, right"


def test_the_panic_handler_of_rust_may_panic() -> None:
    name = "_RNvCs1_7___rustc17rust_begin_unwind"
    assert findings(module().add(*calls(name, "print"), *calls("print", name))) == []


def test_a_circle_that_a_panic_leaves_ends_by_itself() -> None:
    # As core::str::slice_error_fail_rt: test %edi, %edi; je to the panic; call itself
    panic = "_RNvNtCs1_4core9panicking9panic_fmt"
    text = "85ff 7405 e8f3ffffff e800000000"
    made = module().add(
        *calls(panic, "print"), *function("print", "e900000000", Reloc(1, 4, THUNK, -4))
    )
    (found,) = findings(made.add(*function("fail", text, Reloc(10, 4, panic, -4))))
    assert (found.rule.id, found.place) == ("recursion", "fail")


def test_bytes_that_only_look_like_a_call_are_none() -> None:
    # mov $0xfffff6e8, %eax holds the bytes of a call that leads to the function's own beginning
    text = "b8e8f6ffff ff31c0 e900000000"
    assert findings(module().add(*function("more", text, Reloc(9, 4, THUNK, -4)))) == []


def test_a_jump_to_the_own_beginning_is_a_loop() -> None:
    assert findings(module().add(*function("more", "e9f7ffffff"))) == []


@pytest.mark.parametrize("called", ["kthread_complete_and_exit", "kthread_should_stop"])
def test_init_may_not_reach_what_is_for_kernel_threads(called: str) -> None:
    made = module().add(*calls("helper", called), Sym(called, binding=2))
    assert findings(made) == []
    to = Reloc(5, 4, "helper", -4), Reloc(10, 4, THUNK, -4)
    body = ENDBR + bytes.fromhex("e800000000 e900000000 cc")
    (found,) = findings(made.section(".init.text", data=body, relocs=to))
    assert found.rule.id == "not-in-init"
    assert found.place == "helper"
    assert f"init reaches this function, which calls `{called}`" in found.message


def test_code_that_stays_may_not_refer_to_init() -> None:
    (found,) = findings(module().add(*calls("helper", "init_module")))
    assert found.rule.id == "freed-code-used"
    assert "`init_module`, which is freed" in found.message


@pytest.mark.parametrize("section", [".ref.text", ".init.text.more"])
def test_code_that_says_so_may_refer_to_init(section: str) -> None:
    to = Reloc(1, 4, "init_module", -4), Reloc(6, 4, THUNK, -4)
    assert (
        findings(module().add(*function("x", "e800000000e900000000", *to, section=section))) == []
    )


def test_data_that_points_to_init_is_a_note_and_a_table_of_the_kernels_is_none() -> None:
    pointer = Sec(".data", bytes(8), WA, align=8, relocs=(Reloc(0, 1, "init_module"),))
    (found,) = findings(module().add(pointer, Sym("operations", ".data", 0, 8, 1)))
    assert (found.rule.id, found.place) == ("freed-code-kept", "operations")
    assert found.severity is Severity.NOTE
    bugs = Sec("__some_table", bytes(8), WA, align=8, relocs=(Reloc(0, 1, "init_module"),))
    assert findings(module().add(bugs)) == []


def test_circles_are_found_without_recursion_of_ours() -> None:
    chain: dict[Place, dict[Place, bool]] = {(1, n): {(1, n + 1): True} for n in range(50_000)}
    assert circles(chain) == []
    chain[1, 50_000] = {(1, 0): True}
    (found,) = circles(chain)
    assert len(found) == 50_001


def test_a_circle_of_jumps_takes_no_stack() -> None:
    jumps: dict[Place, dict[Place, bool]] = {(1, 0): {(1, 16): False}, (1, 16): {(1, 0): False}}
    assert circles(jumps) == []
    jumps[1, 16] = {(1, 0): True}
    assert circles(jumps) == [[(1, 0), (1, 16)]]
