"""The checks of the source itself: ruff, mypy, rustfmt, clippy and shellcheck find nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rkmbuild.build import bindings, pipeline, sysroot
from rkmbuild.build.request import BuildRequest
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust, rust_extras
from rkmbuild.toolchain.parts import Rust

ROOT = Path(__file__).parents[2]
CRATES = ROOT / "crates"


def check(*command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def toolchain() -> tuple[Rust, rust_extras.Extras]:
    chosen, _ = rust.choose()
    return chosen, rust_extras.beside(chosen)


def test_ruff_finds_nothing() -> None:
    check(sys.executable, "-m", "ruff", "check", "--no-cache")


def test_python_is_formatted() -> None:
    check(sys.executable, "-m", "ruff", "format", "--check", "--no-cache")


def test_mypy_finds_nothing(tmp_path: Path) -> None:
    check(sys.executable, "-m", "mypy", "--cache-dir", tmp_path)


def test_shellcheck_finds_nothing() -> None:
    check("shellcheck", "bootstrap", ".ci/run")


def test_rust_is_formatted(toolchain: tuple[Rust, rust_extras.Extras]) -> None:
    _, extras = toolchain
    sources = [
        path
        for folder in (CRATES, ROOT / "examples")
        for path in sorted(folder.rglob("*.rs"))
        if "target" not in path.relative_to(ROOT).parts
    ]
    assert sources
    check(extras.rustfmt, "--check", "--edition", "2021", *sources)


@pytest.mark.parametrize("kernel", ["kernel_6_1", "kernel_6_12"])
def test_clippy_finds_nothing_in_the_crates_for_a_kernel(
    kernel: str,
    toolchain: tuple[Rust, rust_extras.Extras],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    tree = request.getfixturevalue(kernel)
    assert isinstance(tree, KernelTree)
    chosen, extras = toolchain
    project = ROOT / "examples" / "hello_world"
    plan = pipeline.prepare(BuildRequest(path=project, kernel=str(tree.build)))
    root = sysroot.build(plan.sysroot, plan.rust, plan.facts)
    bound = bindings.build(plan.bindings, plan.bindgen, plan.compiler)
    cfgs = tmp_path / "cfgs"
    cfgs.write_text(plan.crate.cfgs)
    flags = [*plan.sysroot.flags, f"--sysroot={root}", f"@{cfgs}"]
    env = sysroot.environment(chosen, flags) | {
        "CARGO": str(chosen.cargo),
        "RKMBUILD_BINDINGS": str(bound / bindings.FILE),
        "CARGO_TARGET_DIR": str(tmp_path / "target"),
    }
    check(
        extras.cargo_clippy,
        "clippy",
        "--locked",
        "--offline",
        "--package",
        "kernel",
        *sysroot.target_arguments(plan.facts, sysroot.target_path(root, tree.arch)),
        "--",
        "--deny",
        "warnings",
        env=env,
        cwd=CRATES,
    )


def test_clippy_finds_nothing_in_the_crates_that_run_on_the_host(
    toolchain: tuple[Rust, rust_extras.Extras], tmp_path: Path
) -> None:
    chosen, extras = toolchain
    env = {
        **os.environ,
        "CARGO": str(chosen.cargo),
        "RUSTC": str(chosen.rustc),
        "RUSTC_BOOTSTRAP": "1",
        "CARGO_TARGET_DIR": str(tmp_path),
    }
    words = ["clippy", "--locked", "--offline", "--package", "macros", "--package", "pin_init"]
    check(extras.cargo_clippy, *words, "--all-targets", "--", "-D", "warnings", env=env, cwd=CRATES)
