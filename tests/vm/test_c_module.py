"""Modules in C, of the kernel's own compiler and of clang, in the kernel that they are for."""

from pathlib import Path

from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import foreign_cc
from rkmbuild.toolchain import cc
from tests import c_module


def test_what_gcc_and_clang_built_loads_works_and_goes_without_a_warning(
    kernel: KernelTree, tmp_path: Path
) -> None:
    clang, _ = cc.choose_clang(foreign_cc.least_clang(kernel))
    by_gcc = c_module.build(kernel, tmp_path / "gcc", "by_gcc")
    by_clang = c_module.build(kernel, tmp_path / "clang", "by_clang", clang)
    result = boot.boot(
        kernel,
        files={"by_gcc.ko": by_gcc, "by_clang.ko": by_clang},
        script=[
            "insmod by_gcc.ko",
            "insmod by_clang.ko",
            "mkdir t && mount -t tracefs t t && grep -c by_clang t/available_filter_functions",
            "rmmod by_clang",
            "rmmod by_gcc",
        ],
    )
    assert result.outcome is Outcome.FINISHED
    # A call site of ftrace's that the kernel does not find as it expects it is a WARNING.
    assert result.troubles == ()
    assert [step.status for step in result.steps] == [0] * 5
    log = "\n".join(message.text for message in result.log)
    for name in ("by_gcc", "by_clang"):
        assert f"{name}: 42 for insmod" in log or f"{name}: 42 for busybox" in log
        assert f"{name}: goodbye" in log
    # The functions of the module can be traced, as those of the kernel's own compiler.
    assert int(result.steps[2].lines[-1]) >= 2
