"""A kernel of a newer suite than this machine's: its tools, its compiler, and what they make."""

from pathlib import Path

import pytest

from rkmbuild.guest import boot
from rkmbuild.guest.result import Outcome
from rkmbuild.kernel import companions, fetched_kernel, overlay
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline import c_compiler
from rkmbuild.toolchain import runnable
from tests import c_module


@pytest.fixture
def newer(kernel_7_3: KernelTree) -> KernelTree:
    if not any(map(companions.is_needed, companions.unfit(kernel_7_3.build))):
        pytest.skip("this machine starts the tools of that kernel by itself")
    return kernel_7_3


def test_a_module_of_a_newer_suites_kernel_is_built_by_its_own_tools_and_loads(
    newer: KernelTree, tmp_path: Path
) -> None:
    module = c_module.build(newer, tmp_path / "module", "newer")
    result = boot.boot(newer, files={"newer.ko": module}, script=["insmod newer.ko", "rmmod newer"])
    assert result.outcome is Outcome.FINISHED
    assert result.troubles == ()
    assert [step.status for step in result.steps] == [0, 0]


def test_the_compiler_that_built_it_is_the_one_that_was_fetched(newer: KernelTree) -> None:
    chosen = c_compiler.choose("auto", newer)
    assert chosen.compiler.text == newer.compiler.text
    assert newer.companions
    if chosen.compiler.path.is_relative_to(newer.companions):
        assert chosen.why == "the compiler that built the kernel, fetched with it"
        manifest = fetched_kernel.read(newer.companions.parent)
        names = {package.name for package in manifest.packages}
        assert {f"gcc-{newer.compiler.version[0]}", "libc6"} <= names
        assert all(len(package.sha256) == 64 for package in manifest.packages)


def test_only_what_cannot_run_is_started_by_a_script(newer: KernelTree) -> None:
    made = overlay.prepare(newer, foreign_compiler=False)
    unfit = companions.unfit(newer.build)
    for program in runnable.programs(newer.build / "scripts"):
        inside = program.relative_to(newer.build)
        text = (made.build / inside).read_bytes()
        assert text.startswith(b"#!/bin/sh\n") is (inside in unfit), inside
