"""What `check` says of functions that modules give to BPF programs."""

import dataclasses
import struct
from pathlib import Path

import pytest

from rkmbuild.base.errors import ToolchainError
from rkmbuild.kernel.btf.base import Base
from rkmbuild.pipeline.kfuncs import btf_writer
from rkmbuild.pipeline.kfuncs.records import Function, Pointer, Records, Scalar, Structure
from rkmbuild.verdict import bpf_functions, check
from rkmbuild.verdict.findings import Verdict
from rkmbuild.verdict.target import Target
from tests.modules import A, Module, Sec, Sym, kernel, module
from tests.rule_breakers import types_of_a_kernel, with_kfunc

_KERNEL = dataclasses.replace(
    kernel(DEBUG_INFO_BTF_MODULES="y", MODULE_ALLOW_BTF_MISMATCH="y"),
    types=types_of_a_kernel,
    kfunc_flags=0xFF,
)


def _said(made: Module, target: Target = _KERNEL) -> list[tuple[str, str]]:
    verdict = check.judge(bytes(made), target, explain=False, deep=False)
    return [
        (finding.rule.id, finding.message)
        for finding in verdict.findings
        if finding.rule.id.startswith("kfunc")
    ]


def _with_own_base(size: int = 8) -> Module:
    data, on = btf_writer.base({"task_struct": size})
    task = Pointer(Structure("task_struct"), constant=False)
    said = Records((Function("tiny_pid", Scalar("i32"), (("task", task),)),), {})
    types, (number,) = btf_writer.split(said, on)
    return module().add(
        Sec(".BTF_ids", struct.pack("<4I", 1, 1, number, 0), A, align=4),
        Sec(".BTF", types, 0),
        Sec(".BTF.base", data, 0),
        Sym("rkmbuild_kfuncs_syscall", ".BTF_ids"),
    )


def test_nothing_is_said_of_functions_whose_types_are_the_kernels() -> None:
    assert _said(with_kfunc(flags=0xFF)) == []
    assert _said(module()) == []


def test_sets_of_the_kernels_own_modules_say_nothing_of_programs() -> None:
    assert _said(module().add(Sec(".BTF_ids", bytes(8), A), Sec(".BTF", b"types", 0))) == []


def test_types_that_build_on_another_kernel_are_told() -> None:
    ((rule, message),) = _said(with_kfunc(types=101))
    assert rule == "kfunc-types-differ"
    assert "100 types" in message
    assert "99" in message


def test_numbers_that_are_no_functions_are_told() -> None:
    made = with_kfunc().section(".BTF_ids", data=struct.pack("<4I", 1, 1, 100, 0))
    ((rule, message),) = _said(made)
    assert rule == "kfunc-types-differ"
    assert "no function" in message


def test_types_with_a_base_of_their_own_are_looked_up_by_name_from_6_11_on() -> None:
    knowing = dataclasses.replace(_KERNEL, types=lambda: types_of_a_kernel(500, task_struct=8))
    assert _said(_with_own_base(), knowing) == []
    ((rule, message),) = _said(_with_own_base())
    assert rule == "kfunc-types-differ"
    assert "task_struct" in message
    older = dataclasses.replace(
        knowing, version=dataclasses.replace(knowing.version, minor=10), release="6.10.0-test"
    )
    assert [rule for rule, _ in _said(_with_own_base(), older)] == ["kfunc-types-differ"]


@pytest.mark.parametrize("fails", [True, False])
def test_where_the_kernels_types_are_not_known_that_is_said(fails: bool) -> None:
    def types() -> Base | None:
        if fails:
            raise ToolchainError("lz4 was not found")
        return None

    target = dataclasses.replace(_KERNEL, types=types)
    verdict = check.judge(bytes(with_kfunc()), target, explain=False, deep=False)
    assert [what for what in verdict.unchecked if "lz4" in what or "not found" in what]


def test_flags_are_told_by_name_that_the_kernel_does_not_know() -> None:
    ((rule, message),) = _said(with_kfunc(flags=1 << 12 | 1))
    assert rule == "kfunc-flags"
    assert "fastcall" in message
    assert "acquire" not in message
    unknown = dataclasses.replace(_KERNEL, kfunc_flags=0)
    assert _said(with_kfunc(flags=1 << 12), unknown) == []


def test_a_name_that_a_symbol_of_the_kernel_or_of_a_loaded_module_has_is_told(
    tmp_path: Path,
) -> None:
    assert [rule for rule, _ in _said(with_kfunc("_printk"))] == ["kfunc-duplicate"]
    kallsyms = tmp_path / "kallsyms"
    kallsyms.write_text("0 t tiny_read\t[tiny]\n0 T other_read\n0 t third_read\t[third]\n")
    running = dataclasses.replace(_KERNEL, kallsyms=kallsyms)
    assert _said(with_kfunc("tiny_read"), running) == []
    ((_, message),) = _said(with_kfunc("third_read"), running)
    assert "third has it" in message


def _verdict(name: str, module_name: str) -> Verdict:
    made = with_kfunc(name, named=module_name)
    return check.judge(bytes(made), _KERNEL, explain=False, deep=False)


def test_two_modules_that_are_judged_together_have_no_function_of_one_name() -> None:
    verdicts = [_verdict("f", "one"), _verdict("g", "two"), _verdict("f", "three")]
    assert [verdict.kfuncs for verdict in verdicts] == [("f",), ("g",), ("f",)]
    told = [[f.rule.id for f in each.findings] for each in bpf_functions.compared(verdicts)]
    assert ["kfunc-duplicate" in rules for rules in told] == [False, False, True]
    # A module that is loaded before counts as well.
    known = _KERNEL.having("one", (), ("f",))
    assert [rule for rule, _ in _said(with_kfunc("f"), known)] == ["kfunc-duplicate"]
