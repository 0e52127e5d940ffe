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
_UNLOAD = "i=0; while ! rmmod kfuncs; do i=$((i+1)); [ $i = 500 ] && exit 1; usleep 20000; done"


def test_programs_call_functions_by_types_that_were_written_here(
    kernel: KernelTree, tmp_path: Path
) -> None:
    made = c_module.build(kernel, tmp_path / "build", "kfuncs", source=_SOURCE.read_text())
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
    get = bpf.Program().let(1, 7).call("demo_get").unless_null(1).exit()
    programs = [
        bpf.Program().let(1, 40).let(2, 2).call("demo_add").exit(),
        bpf.Program().store(-8, 0x01020304).stack(1, -8).let(2, 8).call("demo_sum").exit(),
        bpf.Program().store(-8, 0).stack(1, -8).let(2, 9).call("demo_sum").exit(),
        bpf.Program().helper(_CURRENT_TASK).copy(1, 0).call("demo_pid").exit(),
        bpf.Program().let(1, 7).call("demo_pid").exit(),
        get.copy(1, 0).call("demo_put").let(0, 3).exit(),
        bpf.Program().let(1, 7).call("demo_get").let(0, 3).exit(),
    ]
    script = [
        "insmod kfuncs.ko",
        *(program.command("kfuncs") for program in programs),
        _UNLOAD,
    ]
    files = {"kfuncs.ko": both[0], "call": bpf.caller(tmp_path)}
    result = boot.boot(kernel, files=files, script=script)
    assert result.outcome is Outcome.FINISHED
    assert result.troubles == ()
    said = ["\n".join(step.lines) for step in result.steps]
    assert result.statuses == (0, 0, 0, 1, 0, 1, 0, 1, 0), said
    assert said[1:3] == ["returned 42", "returned 10"]
    # The verifier knows how long the stack is, what a task is, and what was not given back.
    assert "invalid" in said[3]
    assert said[4].startswith("returned ")
    assert "task_struct" in said[5] or "R1" in said[5]
    assert said[6] == "returned 3"
    assert "Unreleased reference" in said[7]
    log = [message.text for message in result.log]
    assert "kfuncs: put 7" in log or "put 7" in log
    assert not [line for line in log if "BTF" in line]


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
