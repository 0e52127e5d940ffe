"""What tests in virtual machines share."""

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests.vm import host_world
from tests.vm.host_world import Host


@pytest.fixture(scope="session", params=["6.1", "6.12"])
def host(
    request: pytest.FixtureRequest,
    kernel_6_1: KernelTree,
    kernel_6_12: KernelTree,
    tmp_path_factory: pytest.TempPathFactory,
) -> Host:
    """A host on which the tool itself ran; one boot for each kernel serves all tests."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own in one that they share.
    shared = base.parent if hasattr(request.config, "workerinput") else base
    kernels = (kernel_6_1, kernel_6_12)
    tree, other = kernels if request.param == "6.1" else kernels[::-1]
    return Host(tree=tree, other=other, done=host_world.results(tree, other, shared))
