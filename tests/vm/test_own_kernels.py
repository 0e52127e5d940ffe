"""What is in kernels of our own alone: calls of checked type, and checksums beside long names."""

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from rkmbuild.kernel.tree import KernelTree
from tests import matrix, projects
from tests.cli import rkmbuild
from tests.vm import crate_guest

pytestmark = pytest.mark.slow

# The caller is not to know what it calls: it would call it directly.
CALLS = """\
let wrong: extern "C" fn(usize) = unsafe { core::mem::transmute(taken as extern "C" fn(*mut u8)) };
        core::hint::black_box(wrong)(1);"""
TAKEN = """\
extern "C" fn taken(_pointer: *mut u8) {
    pr_info!("called\\n");
}
"""


@pytest.fixture(scope="module", params=matrix.OWN, ids=[own.name for own in matrix.OWN])
def own(request: pytest.FixtureRequest) -> KernelTree:
    return matrix.get(request.param)


def test_a_call_through_a_pointer_of_another_type_is_stopped(
    own: KernelTree, tmp_path: Path
) -> None:
    if not own.config.on("CFI", "CFI_CLANG"):
        pytest.skip("this kernel does not check calls")
    root = projects.make(tmp_path / "calls", "calls", body=CALLS, before=TAKEN)
    done = rkmbuild("run", root, "--kernel", crate_guest.spec(own))
    assert done.returncode == 22, done.stdout + done.stderr
    assert "CFI failure at " in done.stdout
    assert "calls: called" not in done.stdout


def test_checksums_are_where_the_kernel_looks_for_them(own: KernelTree, tmp_path: Path) -> None:
    module = crate_guest.build(projects.make(tmp_path / "plain", "plain"), own)
    with module.open("rb") as file:
        sections = {section.name for section in ELFFile(file).iter_sections()}
    extended = {"__version_ext_crcs", "__version_ext_names"}
    if own.config.on("EXTENDED_MODVERSIONS"):
        assert extended <= sections
        # They alone: this kernel takes nothing from the others.
        assert "__versions" not in sections
    else:
        assert "__versions" in sections
        assert not extended & sections
