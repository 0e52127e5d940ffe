"""Our own module on 6.12's crate, which it brings along: on a stock and on a debug kernel."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.guest import boot
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream import sidecar
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import matrix, upstream_static
from tests.vm import crate_guest

pytestmark = pytest.mark.together

FOLDER = Path(__file__).parents[1] / "upstream" / "stress_6_12"
_ALL = (
    "stress: 4000 under the mutex, 4000 under the spin lock, 4000 in the vector, 2000 in the tree"
)
_COUNTS = "stress: made 4000, dropped 4000"
# What the kernel has lost sight of is told of what is older than five seconds (mm/kmemleak.c).
_LEAKS = (
    "sleep 6; echo scan >/sys/kernel/debug/kmemleak; echo scan >/sys/kernel/debug/kmemleak",
    "cat /sys/kernel/debug/kmemleak",
)


def _built(folder: Path, tree: KernelTree, made: Sidecar) -> dict[str, Path]:
    """Build the modules, silently."""
    assert made.way is Way.STATIC
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("target"))
    done = upstream_static.make(folder, tree, made)
    assert (done.returncode, done.stderr) == (0, "")
    return {file.stem: file for file in folder.glob("*.ko")}


def _came_out_right(result: GuestResult, times: int) -> None:
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert not any(result.statuses), result.steps
    said = crate_guest.texts(result, *range(2, 2 * times))
    assert said == [_ALL, _COUNTS] * (times - 1)


@pytest.fixture(scope="module")
def stress(
    kernel_6_12: KernelTree, upstream_6_12: Sidecar, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    return _built(tmp_path_factory.mktemp("stress") / "it", kernel_6_12, upstream_6_12)


def test_work_items_on_shared_data_come_out_right(
    kernel_6_12: KernelTree, stress: dict[str, Path]
) -> None:
    script = ("insmod /stress.ko", "rmmod stress") * 4
    _came_out_right(crate_guest.run(kernel_6_12, stress, script, cpus=2), 4)


def test_a_panic_is_told_with_its_place_and_its_words(
    kernel_6_12: KernelTree, stress: dict[str, Path]
) -> None:
    result = crate_guest.run(kernel_6_12, stress, ("insmod /crash.ko",))
    assert result.outcome is Outcome.CRASHED
    said = [message.text for message in result.log]
    line = next(n for n, text in enumerate(said) if "panicked at " in text)
    assert re.search(r"crash\.rs:19:9:", said[line])
    assert said[line + 1] == 'as was asked for: Some("value")'


@pytest.mark.slow
def test_a_debug_kernel_reports_nothing(tmp_path: Path) -> None:
    (tested,) = matrix.DEBUG
    debug = matrix.get(tested)
    modules = _built(tmp_path / "it", debug, sidecar.get(debug, allow_expired=True))
    # Compiled with KASAN's checks: without them there would be little to report.
    nm = ["nm", "--undefined-only", "--format=just-symbols", str(modules["stress"])]
    wanted = subprocess.run(nm, capture_output=True, text=True, check=True).stdout.split()
    assert {"__asan_report_load8_noabort", "__asan_report_store8_noabort"} <= {*wanted}
    script = ("insmod /stress.ko", "rmmod stress") * 2
    files = {"stress.ko": modules["stress"]}
    # Each access is looked at, and all memory gone through, by an emulated processor.
    result = boot.boot(debug, files=files, script=(*script, *_LEAKS), cpus=2, timeout=300)
    _came_out_right(result, 2)
    assert result.steps[-1].lines == ()
