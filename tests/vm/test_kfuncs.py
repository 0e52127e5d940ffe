"""Functions of modules that BPF programs call, by types that were written here."""

import json
from dataclasses import replace
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.btf import base
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.kfuncs import additions
from rkmbuild.verdict import check, target
from rkmbuild.verdict.target import Target
from tests import bpf, c_module
from tests.cli import rkmbuild
from tests.vm import crate_guest

_RUST = crate_guest.MODULES / "kfuncs"
_SOURCE = Path(__file__).parents[1] / "data" / "bpf" / "kfuncs.c"
# What the macro says of a module in Rust.
_LINES = b"""\
kfunc\tdemo_add\t-\tsyscall\tu64\ta:u64,b:u64
kfunc\tdemo_sum\t-\tsyscall\tu64\tbytes:*const u8,bytes__sz:u32
kfunc\tdemo_pid\t-\tsyscall\ti32\ttask:*mut struct task_struct
kfunc\tdemo_get\tacquire|ret_null\tsyscall\t*mut struct demo_object\tvalue:u64
kfunc\tdemo_put\trelease\tsyscall\tvoid\tobject:*mut struct demo_object
type\tdemo_object\t4
"""
_CURRENT_TASK = 158  # BPF_FUNC_get_current_task_btf


def test_programs_call_functions_by_types_that_were_written_here(
    kernel: KernelTree, tmp_path: Path
) -> None:
    made = c_module.build(kernel, tmp_path / "build", "demo", source=_SOURCE.read_text())
    linked = made.read_bytes()
    both = []
    for name in ("one.ko", "two.ko"):
        added = additions.make(_LINES, made, kernel)
        place = tmp_path / name
        process.run(["objcopy", *added.arguments, made, place], doing="adding types")
        both.append(place)
    assert both[0].read_bytes() == both[1].read_bytes()
    assert made.read_bytes() == linked
    _is_inspected(both[0])
    _is_judged(both[0], kernel, tmp_path)
    rust = crate_guest.build(_RUST, kernel)
    _is_fresh(rust, kernel)
    in_c, in_rust = _programs_of_c(), _programs_of_rust()
    script = [
        "insmod demo.ko",
        "insmod kfuncs.ko",
        *(program.command("demo") for program, _, _ in in_c),
        *(program.command("kfuncs") for program, _, _ in in_rust),
        bpf.unload("demo", "kfuncs", tries=500),
    ]
    files = {"demo.ko": both[0], "kfuncs.ko": rust, "call": bpf.caller(tmp_path)}
    result = boot.boot(kernel, files=files, script=script)
    assert result.outcome is Outcome.FINISHED
    assert result.troubles == ()
    called = zip(result.steps[2:-1], (*in_c, *in_rust), strict=True)
    for step, (_, status, words) in called:
        assert (step.status, words in "\n".join(step.lines)) == (status, True), step
    assert (*result.statuses[:2], result.statuses[-1]) == (0, 0, 0), result.steps[-1]
    log = [message.text for message in result.log]
    assert "demo: put 7" in log or "put 7" in log
    assert "kfuncs: 0 counters left" in log
    assert not [line for line in log if "BTF" in line]


_Called = list[tuple[bpf.Program, int, str]]


def _programs_of_c() -> _Called:
    """Programs, the status of what runs them, and what it says."""
    get = bpf.Program().let(1, 7).call("demo_get").unless_null(1).exit()
    sum_of = bpf.Program().store(-8, 0x01020304).stack(1, -8)
    return [
        (bpf.Program().let(1, 40).let(2, 2).call("demo_add").exit(), 0, "returned 42"),
        (sum_of.let(2, 8).call("demo_sum").exit(), 0, "returned 10"),
        # The verifier knows how long the stack is, what a task is, and what was not given back.
        (bpf.Program().store(-8, 0).stack(1, -8).let(2, 9).call("demo_sum").exit(), 1, "refused"),
        (bpf.Program().helper(_CURRENT_TASK).copy(1, 0).call("demo_pid").exit(), 0, "returned"),
        (bpf.Program().let(1, 7).call("demo_pid").exit(), 1, "refused"),
        (get.copy(1, 0).call("demo_put").let(0, 3).exit(), 0, "returned 3"),
        (bpf.Program().let(1, 7).call("demo_get").let(0, 3).exit(), 1, "Unreleased reference"),
    ]


def _programs_of_rust() -> _Called:
    count = bpf.Program().let(1, 5).call("kfuncs_counter_new").unless_null(1).exit().copy(6, 0)
    count.copy(1, 6).let(2, 4).call("kfuncs_counter_add").copy(7, 0)
    count.copy(1, 6).call("kfuncs_counter_put").copy(0, 7).exit()
    task = bpf.Program().call("kfuncs_current_task").copy(6, 0)
    task.copy(1, 6).call("kfuncs_task_pid").copy(7, 0)
    task.copy(1, 6).call("kfuncs_task_put").copy(0, 7).exit()
    leaks = bpf.Program().let(1, 5).call("kfuncs_counter_new").let(0, 0).exit()
    stack = bpf.Program().store(-8, 0x01020304).stack(1, -8)
    beyond = bpf.Program().store(-8, 0).stack(1, -8).let(2, 9).call("kfuncs_sum").exit()
    return [
        # A byte is one, whatever the program's register has above it.
        (bpf.Program().let(1, 0x103).call("kfuncs_look_up").exit(), 0, "returned 10"),
        (bpf.Program().let(1, 5).call("kfuncs_negative").exit(), 0, f"returned {2**32 - 5}"),
        (stack.let(2, 8).call("kfuncs_sum").exit(), 0, "returned 10"),
        (beyond, 1, "refused"),
        (bpf.Program().let(1, -5).call("kfuncs_fails").exit(), 0, f"returned {2**32 - 5}"),
        (count, 0, "returned 9"),
        (task, 0, "returned"),
        (leaks, 1, "Unreleased reference"),
    ]


def _is_fresh(module: Path, kernel: KernelTree) -> None:
    """Where nothing changed there is nothing to do; the kernel's types are among what may."""
    again = rkmbuild("build", _RUST, "--kernel", crate_guest.spec(kernel), "--json")
    assert json.loads(again.stdout)["fresh"], again.stderr
    (state,) = module.parent.glob("*/state.json")
    assert str(base.get(kernel).file) in json.loads(state.read_text())["inputs"]


def _is_inspected(module: Path) -> None:
    said = rkmbuild("inspect", module, "--json")
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout)["kfuncs"] == [
        {"name": name, "flags": flags, "hooks": ["syscall"]}
        for name, flags in (
            ("demo_add", []),
            ("demo_sum", []),
            ("demo_pid", []),
            ("demo_get", ["acquire", "ret_null"]),
            ("demo_put", ["release"]),
        )
    ]
    table = rkmbuild("inspect", module).stdout.partition("Called by BPF programs")[2]
    assert "demo_get" in table
    assert "acquire, ret_null" in table


def _is_judged(module: Path, kernel: KernelTree, folder: Path) -> None:
    known = target.of(kernel)

    def told(file: Path, kernel: Target = known) -> set[str]:
        verdict = check.judge_file(file, kernel, explain=False, deep=False)
        assert not [what for what in verdict.unchecked if "BPF" in what]
        rules = {finding.rule.id for finding in verdict.findings}
        return {rule for rule in rules if rule.startswith("kfunc")}

    assert told(module) == set()
    untyped = folder / "untyped.ko"
    process.run(["objcopy", "--remove-section=.BTF", module, untyped], doing="removing types")
    assert told(untyped) == {"kfunc-no-types"}
    types = base.get(kernel)
    other = replace(types, types=types.types + 1, structs={})
    assert told(module, replace(known, types=lambda: other)) == {"kfunc-types-differ"}
    assert told(module, known.having("other", (), ["demo_add"])) == {"kfunc-duplicate"}
    assert told(module, replace(known, kfunc_flags=1)) == {"kfunc-flags"}
