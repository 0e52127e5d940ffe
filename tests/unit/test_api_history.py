"""Since which Linux there is what kernels are asked for."""

from collections import Counter

from rkmbuild.base import paths
from rkmbuild.kernel.tree import KernelVersion
from rkmbuild.pipeline import probe
from rkmbuild.pipeline.api import history
from rkmbuild.verdict import renames


def test_each_name_came_with_one_release_after_the_oldest_that_is_built_for() -> None:
    listed = Counter(name for names in history.CAME.values() for name in names.split())
    assert [name for name, count in listed.items() if count > 1] == []
    releases = [KernelVersion.parse(release) for release in history.CAME]
    assert releases == sorted(releases)
    assert releases[0] > KernelVersion(6, 1)


def test_it_is_known_since_when_there_is_what_the_crate_asks_for_by_name() -> None:
    _, questions = probe.read((paths.data("crates") / "kernel" / "probes").read_text())
    named = [each.name for each in questions if each == probe.named(each.name)]
    assert named
    assert [name for name in named if name not in history.SINCE] == []


def test_what_takes_the_place_of_a_symbol_came_no_later_than_that_went() -> None:
    for renamed in renames.table():
        if renamed.new in history.SINCE:
            came = KernelVersion.parse(history.SINCE[renamed.new])
            assert came <= KernelVersion(*renamed.release), renamed.new
