"""Our own module on the upstream crate: many work items on shared data, and a panic."""

import re
import shutil
from pathlib import Path

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

pytestmark = [pytest.mark.together, pytest.mark.usefixtures("upstream_7_3")]

FOLDER = Path(__file__).parents[1] / "upstream" / "stress"
_ALL = "stress: " + ", ".join(
    f"{count} {place}"
    for count, place in (
        (4000, "under the mutex"),
        (4000, "under the spin lock"),
        (4000, "in the vector"),
        (2000, "in the tree"),
    )
)
_COUNTS = re.compile(r"stress: made (\d+), dropped (\d+)")


@pytest.fixture(scope="module")
def stress(kernel_7_3: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module, built silently."""
    folder = tmp_path_factory.mktemp("stress")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    return crate_guest.build(folder, kernel_7_3)


def test_work_items_on_shared_data_come_out_right(kernel_7_3: KernelTree, stress: Path) -> None:
    script = ("insmod /stress.ko", "rmmod stress") * 4
    result = crate_guest.run(kernel_7_3, {"stress": stress}, script, cpus=2)
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0,) * len(script)
    said = crate_guest.texts(result, *range(2, len(script)))
    assert said[0::2] == [_ALL] * 3
    counts = [found for line in said[1::2] if (found := _COUNTS.fullmatch(line))]
    assert [found[1] for found in counts] == ["8001"] * 3
    assert [found[2] for found in counts] == ["8001"] * 3


def test_a_panic_is_told_with_its_place_and_its_words(kernel_7_3: KernelTree, stress: Path) -> None:
    result = crate_guest.run(kernel_7_3, {"stress": stress}, ("insmod /stress.ko crash=1",))
    assert result.outcome is Outcome.CRASHED
    (trouble,) = result.troubles
    assert trouble.kind == "bug"
    said = [message.text for message in result.log]
    line = next(n for n, text in enumerate(said) if text.startswith("rust_kernel: panicked at "))
    source = FOLDER.joinpath("stress.rs").read_text().splitlines()
    number = 1 + next(n for n, text in enumerate(source) if "panic!(" in text)
    assert f"stress.rs:{number}:13:" in said[line]
    assert said[line + 1] == 'as was asked for: Some("value")'
