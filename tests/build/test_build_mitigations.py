"""What the kernel's configuration promises is there in the machine code of Rust functions."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree, KernelVersion
from tests import projects
from tests.cli import rkmbuild

# A call through a pointer that no optimiser can see through, and a `match` that is worth a table.
BODY = """
        let calls: [fn(u32) -> u32; 2] = [core::hint::black_box(one), core::hint::black_box(two)];
        let length = name(core::hint::black_box(3)).len() as u32;
        pr_info!("{}\\n", calls[core::hint::black_box(1)](length));
"""
BEFORE = """
#[inline(never)]
fn one(x: u32) -> u32 { x + 1 }
#[inline(never)]
fn two(x: u32) -> u32 { x + 2 }
#[inline(never)]
fn name(x: u32) -> &'static str {
    match x {
        0 => "zero", 1 => "a one", 2 => "the two", 3 => "three", 4 => "four 4", 5 => "fives",
        _ => "more",
    }
}
"""

pytestmark = pytest.mark.together


@pytest.fixture(scope="module")
def code(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The disassembly of the Rust functions: for each its lines, relocations included."""
    root = projects.make(tmp_path_factory.mktemp("m") / "calls", "calls", body=BODY, before=BEFORE)
    done = rkmbuild("build", root, "--kernel", kernel.release, "--json")
    assert done.returncode == 0, done.stderr
    module = json.loads(done.stdout)["module"]
    listing = subprocess.run(
        ["objdump", "-dr", "--no-show-raw-insn", "-j", ".text", "-j", ".text.unlikely", module],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    functions: dict[str, list[str]] = {}
    name = ""
    for line in listing.splitlines():
        head = re.fullmatch(r"[0-9a-f]+ <(.+)>:", line)
        if head:
            name = head[1]
        elif line.strip() and name.startswith("_R"):
            functions.setdefault(name, []).append(line)
    assert any("calls" in name for name in functions)
    return functions


def lines(code: dict[str, list[str]]) -> list[str]:
    return [line for function in code.values() for line in function]


def test_no_function_returns_but_through_the_thunk(code: dict[str, list[str]]) -> None:
    assert not [line for line in lines(code) if re.search(r"\tret\b", line)]
    assert any("__x86_return_thunk" in line for line in lines(code))


def test_no_function_calls_or_jumps_through_a_register(code: dict[str, list[str]]) -> None:
    assert not [line for line in lines(code) if re.search(r"\t(call|jmp)\s+\*", line)]
    assert any("__x86_indirect_thunk_" in line for line in lines(code))


def test_no_register_of_the_user_is_touched(code: dict[str, list[str]]) -> None:
    assert not [line for line in lines(code) if re.search(r"%(xmm|ymm|zmm|mm|st)\d?", line)]


def test_functions_guard_their_stack_with_the_canary_where_rustc_knows_its_place(
    code: dict[str, list[str]], kernel: KernelTree
) -> None:
    # From 6.15 on it is a variable of each processor (arch/x86/include/asm/stackprotector.h).
    known = kernel.version < KernelVersion(6, 15, 0)
    assert any("%gs:0x28" in line for line in lines(code)) is known
    assert any("__stack_chk_fail" in line for line in lines(code)) is known


def test_each_function_starts_with_endbr_where_the_kernel_tracks_branches(
    code: dict[str, list[str]], kernel: KernelTree
) -> None:
    # Only what can be called through a pointer needs one: the two that are, here.
    called = [body[0] for name, body in code.items() if re.search(r"calls3(one|two)$", name)]
    assert len(called) == 2
    assert all(("endbr64" in first) == kernel.config.on("X86_KERNEL_IBT") for first in called)


def test_functions_are_padded_and_aligned_where_calls_are_patched(
    code: dict[str, list[str]], kernel: KernelTree
) -> None:
    alignment = kernel.config.number("FUNCTION_ALIGNMENT") or 1
    for function in code.values():
        start = int(function[0].split(":")[0], 16)
        assert start % alignment == 0


def test_no_table_of_jumps_is_left(code: dict[str, list[str]]) -> None:
    assert not [line for line in lines(code) if re.search(r"\tjmp\s+.*\*", line)]


def test_the_plan_gives_each_argument_its_source(kernel: KernelTree, tmp_path: Path) -> None:
    root = projects.make(tmp_path / "planned", "planned")
    done = rkmbuild("build", root, "--kernel", kernel.release, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert plan["kernel"]["release"] == kernel.release
    assert plan["api"] == "portable"
    assert all(plan["rows"].values())
    assert not (root / "target").exists()
