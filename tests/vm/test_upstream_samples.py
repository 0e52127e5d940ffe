"""The samples and drivers in Rust of a kernel's source, unedited: built, loaded and driven.

One make builds all that the kernel's configuration has, one guest has them all, one after another.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests import tried, tried_tables
from tests.tried import TRIED, Tried
from tests.vm import samples
from tests.vm.samples import Driven

pytestmark = [pytest.mark.together, pytest.mark.usefixtures("upstream_7_3")]


@pytest.fixture(scope="module")
def driven(
    kernel_7_3: KernelTree, source_7_3: Path, tmp_path_factory: pytest.TempPathFactory
) -> Driven:
    """What came of all of them."""
    return samples.drive(kernel_7_3, source_7_3, TRIED, tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def rows() -> Iterator[tried_tables.Rows]:
    """The rows of the table that were seen, written to the page where that is asked for."""
    seen: tried_tables.Rows = {}
    yield seen
    tried_tables.update(seen)


def test_nothing_is_wrong_with_the_kernel_after_all_of_them(driven: Driven) -> None:
    samples.see_that_nothing_is_wrong(driven)


@pytest.mark.parametrize("each", TRIED, ids=[each.name for each in TRIED])
def test_a_module_of_the_kernels_source_is_driven_or_the_configuration_is_why_not(
    each: Tried, driven: Driven, rows: tried_tables.Rows
) -> None:
    row = rows[each.source] = samples.see(each, driven)
    tried_tables.compare(" | ".join(row), " | ".join(tried_tables.rows()[each.source]))


def test_all_modules_in_rust_of_the_source_were_tried(source_7_3: Path) -> None:
    assert tried.modules_in(source_7_3) == {each.source for each in TRIED}


def test_the_table_in_the_docs_has_a_row_for_each() -> None:
    assert list(tried_tables.rows()) == [each.source for each in TRIED]


def test_the_smallest_sample_is_as_small_as_is_said(driven: Driven) -> None:
    assert driven.sizes["rust_minimal"] <= 20 * 1024
