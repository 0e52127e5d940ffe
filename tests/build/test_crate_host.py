"""What in crates/ needs no kernel is tested on the host, by cargo's own tests."""

import os
import re
import subprocess
from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import cargo, rust
from tests import kernel_crates
from tests.cli import warnings
from tests.kernel_crates import CRATES

HOST = "x86_64-unknown-linux-gnu"


def _tested(package: str, place: Path, env: dict[str, str], *words: str) -> int:
    """Run cargo's tests of a package, without a warning, and return how many there were."""
    chosen, _ = rust.choose()
    done = subprocess.run(
        [
            chosen.cargo, "test", "--locked", "--offline", "--package", package,
            "--target-dir", place, *words,
        ],
        cwd=CRATES,
        env={**env, "RUSTC": str(chosen.rustc)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not warnings(done.stderr)
    return sum(map(int, re.findall(r"(\d+) passed; 0 failed", done.stdout)))


def test_the_initialisers_pass_their_own_tests(tmp_path: Path) -> None:
    assert _tested("pin_init", tmp_path, dict(os.environ)) > 10


def test_the_kernel_crate_passes_its_own_tests(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    """With this kernel's bindings; what stands in for the C functions is in the tests."""
    prepared = kernel_crates.prepare(kernel_6_12)
    chosen, _ = rust.choose()
    # The tests look at lock classes, which this kernel has none of.
    cfgs = ["--cfg=rkmbuild_host", "--cfg=CONFIG_LOCKDEP"]
    env = cargo.environment(chosen, [f"@{prepared.cfgs}", *cfgs])
    env |= {name: value for name, value in prepared.env.items() if name.startswith("RKMBUILD_")}
    # Without a target the flags would be for build scripts and macros too.
    assert _tested("kernel", tmp_path, env, "--target", HOST) > 30
