"""What tests in virtual machines share."""

import pytest

from tests import matrix
from tests.vm import host_steps, host_world
from tests.vm.host_world import Host


@pytest.fixture(scope="session", params=matrix.NAMES)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A host on which the tool itself ran; one boot for each kernel serves all tests."""
    base = tmp_path_factory.getbasetemp()
    # Under xdist each worker has a folder of its own in one that they share.
    shared = base.parent if hasattr(request.config, "workerinput") else base
    tested = matrix.named(request.param)
    tree, other = matrix.get(tested), matrix.get(matrix.other_than(tested))
    done = host_world.results(tree, other, shared, host_steps.steps(tested.name))
    return Host(tree=tree, other=other, done=done)
