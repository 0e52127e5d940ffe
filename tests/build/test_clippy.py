"""clippy finds nothing in the crates, compiled for a kernel as a build compiles them."""

from pathlib import Path

from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust, rust_extras
from tests import kernel_crates
from tests.kernel_crates import CRATES, check


def test_clippy_finds_nothing_in_the_crates_for_a_kernel(
    kernel: KernelTree, tmp_path: Path
) -> None:
    chosen, _ = rust.choose()
    extras = rust_extras.beside(chosen)
    prepared = kernel_crates.prepare(kernel)
    env = prepared.env | {
        "CARGO": str(chosen.cargo),
        "CARGO_TARGET_DIR": str(tmp_path / "target"),
    }
    words = ["clippy", "--locked", "--offline", "--package", "kernel", *prepared.target]
    check(extras.cargo_clippy, *words, "--", "--deny", "warnings", env=env, cwd=CRATES)
