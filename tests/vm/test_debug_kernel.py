"""The debug kernel sees what goes wrong in Rust, and modules carry the checks that it needs."""

import subprocess
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.guest.result import GuestResult
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.klog.report import Report
from rkmbuild.klog.reports import collected
from tests import matrix
from tests.vm import crate_guest

pytestmark = [pytest.mark.slow, pytest.mark.together]

# What is planted, its row in the table of reports, and what the kernel calls it. lockdep comes
# first: after a report of memory that was corrupted it looks no more.
FAULTS = {
    "inversion": ("lock-circular", "possible circular locking dependency detected"),
    "use-after-free": ("kasan", "slab-use-after-free in "),
    "heap": ("kasan", "slab-out-of-bounds in "),
    "copy": ("kasan", "slab-out-of-bounds in "),
    "stack": ("kasan", "stack-out-of-bounds in "),
}


@pytest.fixture(scope="module", params=matrix.DEBUG, ids=[each.name for each in matrix.DEBUG])
def debug(request: pytest.FixtureRequest) -> KernelTree:
    return matrix.get(request.param)


@pytest.fixture(scope="module")
def module(debug: KernelTree) -> Path:
    return crate_guest.build(crate_guest.MODULES / "planted", debug)


@pytest.fixture(scope="module")
def guest(debug: KernelTree, module: Path) -> GuestResult:
    script = [f"insmod /planted.ko how={how} && rmmod planted" for how in FAULTS]
    return crate_guest.run(debug, {"planted": module}, script, append="kasan_multi_shot")


@pytest.mark.parametrize("how", FAULTS)
def test_what_is_planted_is_reported_once_and_named(guest: GuestResult, how: str) -> None:
    number = [*FAULTS].index(how)
    name, title = FAULTS[how]
    (report,) = collected(message.text for message in guest.printed(number))
    assert report.name == name
    assert title in report.title
    assert _ours(report), report.stacks


def _ours(report: Report) -> list[str]:
    return [frame.symbol for frame in report.frames if frame.module == "planted"]


def test_who_allocated_and_who_freed_is_told(guest: GuestResult) -> None:
    texts = (message.text for message in guest.printed([*FAULTS].index("use-after-free")))
    (report,) = collected(texts)
    titles = [stack.title.partition(" by ")[0] for stack in report.others]
    assert titles == ["Allocated", "Freed"]
    for stack in report.others:
        assert any(frame.module == "planted" for frame in stack.frames)


def test_nothing_is_reported_of_what_is_right(debug: KernelTree, module: Path) -> None:
    result = crate_guest.run(debug, {"planted": module}, ["insmod /planted.ko && rmmod planted"])
    assert result.statuses == (0,)
    assert not result.troubles


def test_nothing_is_reported_of_an_example_with_crates(debug: KernelTree) -> None:
    module = crate_guest.build(paths.data("examples") / "with_crates", debug)
    script = ["insmod /with_crates.ko && rmmod with_crates"]
    result = crate_guest.run(debug, {"with_crates": module}, script)
    assert result.statuses == (0,)
    assert not result.troubles


@pytest.fixture(scope="module")
def races() -> tuple[KernelTree, Path]:
    tree = matrix.get(matrix.RACES)
    return tree, crate_guest.build(crate_guest.MODULES / "planted", tree)


def test_a_data_race_in_rust_is_reported_with_both_its_sides(
    races: tuple[KernelTree, Path],
) -> None:
    tree, module = races
    script = ["insmod /planted.ko && rmmod planted", "insmod /planted.ko how=race && rmmod planted"]
    result = crate_guest.run(tree, {"planted": module}, script, cpus=2)
    assert result.statuses == (0, 0)
    assert not collected(message.text for message in result.printed(0))
    found = collected(message.text for message in result.printed(1))
    assert {report.name for report in found} == {"kcsan"}
    assert any(_ours(report) and "data-race in " in report.title for report in found), found


def test_rust_objects_tell_what_they_access_and_what_was_reached(
    races: tuple[KernelTree, Path],
) -> None:
    assert {"__tsan_read8", "__tsan_write8", "__sanitizer_cov_trace_pc"} <= _wanted(races[1])


def test_the_rust_objects_call_the_checks(module: Path) -> None:
    assert {"__asan_report_load8_noabort", "__asan_memcpy"} <= _wanted(module)


def _wanted(module: Path) -> set[str]:
    """The symbols that a module wants of others."""
    said = subprocess.run(
        ["nm", "--undefined-only", module], capture_output=True, text=True, check=True
    ).stdout
    return {line.split()[-1] for line in said.splitlines()}
