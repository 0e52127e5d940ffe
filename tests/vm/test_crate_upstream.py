"""The newest Linux's own samples, without a changed line, on it and on those before it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from tests import projects
from tests.vm import crate_guest, upstream

NAMES = ("rust_minimal", "rust_misc_device")
SCRIPT = (
    "insmod /rust_minimal.ko test_parameter=-77 test_bool_parameter=Y",
    "rmmod rust_minimal",
    "insmod /rust_misc_device.ko",
    "/exercise",
    # The sample keeps a buffer for each open file.
    "exec 3<>/dev/rust-misc-device; echo some text >&3; head -n 1 <&3",
    "exec 3</dev/rust-misc-device; rmmod rust_misc_device",
    "rmmod rust_misc_device",
)


@pytest.fixture(scope="module")
def guest(kernel: KernelTree, tmp_path_factory: pytest.TempPathFactory) -> GuestResult:
    place = tmp_path_factory.mktemp("upstream")
    samples = {name: upstream.samples() / f"{name}.rs" for name in NAMES}
    modules = {name: _build(name, sample, place, kernel) for name, sample in samples.items()}
    exercise = _exercise(samples["rust_misc_device"], place)
    result = crate_guest.run(kernel, modules, SCRIPT, files={"exercise": exercise})
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    return result


def _build(name: str, sample: Path, place: Path, tree: KernelTree) -> Path:
    root = projects.make(place / name, name)
    shutil.copyfile(sample, root / "src" / "lib.rs")
    return crate_guest.build(root, tree)


def _exercise(sample: Path, place: Path) -> Path:
    """Compile the program for the device that the sample's documentation holds."""
    text = sample.read_text()
    found = re.search(r"^//! ```c\n(.*?)^//! ```$", text, re.MULTILINE | re.DOTALL)
    assert found
    source = place / "exercise.c"
    source.write_text(re.sub(r"^//! ?", "", found[1], flags=re.MULTILINE))
    program = place / "exercise"
    subprocess.run(["cc", "-static", "-w", "-o", program, source], check=True)
    return program


def test_the_minimal_sample_prints_what_it_does_in_the_tree(guest: GuestResult) -> None:
    said = [text for text in crate_guest.texts(guest, 0, 1) if "taint" not in text]
    assert said == [
        "rust_minimal: Rust minimal sample (init)",
        "rust_minimal: Am I built-in? false",
        "rust_minimal: test_parameter: -77",
        "rust_minimal: test_bool_parameter: true",
        "rust_minimal: My numbers are [72, 108, 200]",
        "rust_minimal: Rust minimal sample (exit)",
    ]


def test_the_misc_device_sample_answers_its_own_program(guest: GuestResult) -> None:
    assert guest.steps[3].status == 0, guest.steps[3].lines
    assert guest.steps[3].lines[-1] == "Success"
    said = crate_guest.texts(guest, 3)
    for wanted in (
        "-> Hello from the Rust Misc Device",
        "-> Copying data from userspace (value: 1)",
        "-> IOCTL not recognised: 31744",
    ):
        assert f"misc rust-misc-device: {wanted}" in said, said


def test_the_misc_device_sample_gives_back_what_was_written(guest: GuestResult) -> None:
    assert list(guest.steps[4].lines) == ["some text"]


def test_an_open_device_keeps_its_module(guest: GuestResult) -> None:
    assert guest.steps[5].status != 0
    assert guest.steps[6].status == 0
