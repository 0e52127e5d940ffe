"""The modules in Rust of a kernel's source on other kernels than the one of every run.

The ordinary flavour has what the cloud's lacks: I2C, phylib, clocks. 7.2 has another crate, whose
bindings are mended, and sid's is compiled by another rustc.
"""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from rkmbuild.pipeline.api.upstream import sidecar
from rkmbuild.pipeline.api.upstream import source as sources
from tests import matrix, tried, tried_tables
from tests.tried import TRIED, Tried
from tests.tried_tables import OTHERS
from tests.vm import samples
from tests.vm.samples import Driven

_KERNELS = (
    matrix.ORDINARY[-1],
    replace(matrix.ORDINARY[-1], series="7.2"),
    replace(matrix.ORDINARY[-1], series="7.2", flavour="cloud"),
    matrix.sometimes("7.2-sid"),
)
# A source and a compiler are fetched, and the crate is made.
pytestmark = [pytest.mark.slow, pytest.mark.together, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module", params=_KERNELS, ids=[each.name for each in _KERNELS])
def driven(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Driven:
    """What came of all of them that a kernel's source has."""
    tree = matrix.get(request.param)
    sidecar.get(tree, allow_expired=True)
    source = sources.packaged(tree, allow_expired=True)
    there = [each for each in TRIED if (source / each.source).is_file()]
    return samples.drive(tree, source, there, tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def rows() -> Iterator[tried_tables.Rows]:
    """The rows of the table, with what was seen, written to the page where that is asked for."""
    seen = tried_tables.rows(OTHERS)
    yield seen
    tried_tables.update(seen, OTHERS)


def test_nothing_is_wrong_with_the_kernel_after_all_of_them(driven: Driven) -> None:
    samples.see_that_nothing_is_wrong(driven)


@pytest.mark.parametrize("each", TRIED, ids=[each.name for each in TRIED])
def test_a_module_is_driven_or_there_is_a_reason_why_not(
    each: Tried, driven: Driven, rows: tried_tables.Rows
) -> None:
    there = (driven.source / each.source).is_file()
    seen = tried_tables.other(samples.see(each, driven)) if there else "not in this source"
    column = OTHERS.index(driven.tree.release)
    tried_tables.compare(seen, rows[each.source][column])
    rows[each.source][column] = seen


def test_all_modules_in_rust_of_the_source_were_tried(driven: Driven) -> None:
    assert tried.modules_in(driven.source) <= {each.source for each in TRIED}
