"""Structures that C and Rust lay out each in its own way, shared by both in a booted kernel."""

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest


@pytest.mark.dear
def test_what_one_writes_the_other_reads(kernel: KernelTree) -> None:
    module = crate_guest.build(crate_guest.MODULES / "layouts", kernel)
    result = crate_guest.run(kernel, {"layouts": module}, ["insmod /layouts.ko"])
    assert result.outcome is Outcome.FINISHED
    assert crate_guest.texts(result, 0)[-1:] == ["layouts: all as in C"]
    assert [step.status for step in result.steps] == [0]
