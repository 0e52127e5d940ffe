"""hello_world and two templates on every kernel of the matrix."""

from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import kernel_table
from tests.cli import complaints, rkmbuild
from tests.vm import crate_guest, hello_world

pytestmark = pytest.mark.slow


def test_hello_world_is_built_without_a_warning_and_says_its_lines(
    kernel: KernelTree, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    facts = kernel_table.record(request.node, kernel)
    built = hello_world.build(kernel, tmp_path)
    said = complaints(built.stderr)
    facts |= {"Built": "no" if built.returncode else "yes", "Warnings": len(said), "Loaded": "no"}
    assert built.returncode == 0, built.stderr
    assert said == []
    hello_world.says_its_lines(built, kernel)
    facts["Loaded"] = "yes"


# What differs most from kernel to kernel is under these.
@pytest.mark.parametrize("template", ["filesystem", "kprobe"])
def test_a_new_project_passes_its_own_tests(
    kernel: KernelTree, tmp_path: Path, template: str
) -> None:
    root = tmp_path / "my-module"
    assert rkmbuild("new", root, "--template", template, "--author", "").returncode == 0
    done = rkmbuild("test", root, "--json", "--kernel", crate_guest.spec(kernel))
    assert done.returncode == 0, done.stdout + done.stderr
    assert not complaints(done.stderr)
