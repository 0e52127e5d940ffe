"""The example with crates from crates.io, in booted kernels."""

import hashlib
import shutil
from pathlib import Path

import pytest

from rkmbuild.kernel.tree import KernelTree
from tests.vm import crate_guest

_EXAMPLE = Path(__file__).parents[2] / "examples" / "with_crates"
# The format of postcard: the number of the variant, a length, and integers as zigzag varints.
_SENT = b"\x01\x01" + b"\xd8\x04" + b"\x02\x05" + "über".encode() + b"\x00"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for both kernels: procedural macros are then built once."""
    copy = tmp_path_factory.mktemp("example") / "with_crates"
    return shutil.copytree(_EXAMPLE, copy, ignore=shutil.ignore_patterns("target"))


@pytest.mark.dear
def test_crates_from_crates_io_give_their_results_in_the_kernel(
    kernel: KernelTree, example: Path
) -> None:
    module = crate_guest.build(example, kernel, "--cc", "gcc", "--locked")
    script = ("insmod /with_crates.ko", "rmmod with_crates")
    result = crate_guest.run(kernel, {"with_crates": module}, script)
    assert not result.troubles
    assert result.statuses == (0, 0)
    said = [line for line in crate_guest.texts(result, 0, 1) if "taint" not in line]
    assert said == [
        f"with_crates: {line}"
        for line in (
            'hashbrown: [("and", 2), ("the", 3)]',
            "heapless: 4 of 4 places, least 59",
            'serde: [Move { x: -1, y: 300 }, Say("über"), Stop] in 12 bytes',
            f"serde: {_SENT.hex()}",
            "serde: a half message: Some(DeserializeUnexpectedEnd)",
            f"sha2: {hashlib.sha256(b'abc').hexdigest()}",
            "goodbye",
        )
    ]
