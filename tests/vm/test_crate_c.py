"""C and assembly that crates bring, of our own and from crates.io, in booted kernels."""

import re
import subprocess
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.verdict import check
from tests.vm import crate_guest

SAYS = """\
guarded 8
overwritten 0
sorted true
constructed 1
swapped 2211000000000000
low bits 0 0
"""
ZSTD = "zstd Ok(SIZE)\n"


def _runs(kernel: KernelTree, *options: str) -> tuple[Path, str]:
    """Build the module and run it; return it, and what it said."""
    module = crate_guest.build(crate_guest.MODULES / "foreign", kernel, *options)
    result = crate_guest.run(kernel, {"foreign": module}, ("insmod /foreign.ko", "rmmod foreign"))
    assert not result.troubles
    assert result.statuses == (0, 0)
    prefix = "foreign: "
    said = [line for line in crate_guest.texts(result, 0) if line.startswith(prefix)]
    told = "".join(f"{line.removeprefix(prefix)}\n" for line in said if "taint" not in line)
    return module, re.sub(r"Ok\(\d+\)", "Ok(SIZE)", told)


def test_c_and_assembly_of_crates_work_in_the_kernel(kernel_6_12: KernelTree) -> None:
    module, said = _runs(kernel_6_12)
    assert said == SAYS + ZSTD
    code = subprocess.run(["objdump", "-d", module], capture_output=True, text=True, check=True)
    assert "<ZSTD_decompressDCtx>:" in code.stdout
    for unwanted in ("%fs", r"-0x[0-9a-f]+\(%rsp", r"\tret"):
        assert not re.search(unwanted, code.stdout), unwanted
    rules = {finding.rule.id for finding in check.check(module, kernel_6_12).findings}
    assert rules <= {"unsigned", "out-of-tree", "recursion", "large-frame"}


@pytest.mark.parametrize("kernel", ["kernel_6_1", "kernel_7_3"])
def test_c_of_a_crate_is_compiled_for_each_kernel(
    kernel: str, request: pytest.FixtureRequest
) -> None:
    _, said = _runs(request.getfixturevalue(kernel), "--no-default-features")
    assert said == SAYS
