"""What a module on the upstream crate prints is what a program prints of the same values."""

import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.guest.result import Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.toolchain import rust
from tests.vm import crate_guest

FOLDER = Path(__file__).parents[1] / "upstream" / "printing"
_PROGRAM = """\
#[macro_use]
mod texts;

fn main() {
    each_text!(print);
}
"""


def _in_a_program(folder: Path) -> list[str]:
    shutil.copy(FOLDER / "texts.rs", folder)
    (folder / "main.rs").write_text(_PROGRAM)
    argv: list[str | Path] = [rust.choose()[0].rustc, "--edition=2021", "-o", "main", "main.rs"]
    subprocess.run(argv, cwd=folder, check=True)
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.usefixtures("upstream_7_3")
def test_values_are_printed_as_a_program_prints_them(
    kernel_7_3: KernelTree, tmp_path: Path
) -> None:
    folder = tmp_path / "printing"
    shutil.copytree(FOLDER, folder)
    module = crate_guest.build(folder, kernel_7_3)
    result = crate_guest.run(
        kernel_7_3, {"printing": module}, ("insmod /printing.ko", "rmmod printing")
    )
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert result.statuses == (0, 0)
    program = _in_a_program(tmp_path)
    # A device without a driver is named behind an empty word (drivers/base/core.c, dev_printk).
    expected = [f"{whose}: {line}" for whose in ("printing", " printer") for line in program]
    said = crate_guest.texts(result, 0, 1)
    assert said[-len(expected) :] == expected
