"""A kernel without Rust prints and allocates for upstream's crate as one with Rust does."""

import re
from pathlib import Path

import pytest

from rkmbuild.guest import boot
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar
from tests import upstream_static
from tests.vm import crate_guest

PRINTS = (
    "insmod /printing.ko",
    # A record for each line, whatever is in it.
    "timeout 2 cat /dev/kmsg >/log; grep -E '^([0-9]+,){3}.;(printing:|_| platform:)' /log",
    "wc -c </proc/printing; md5sum </proc/printing",
    "rmmod printing",
)


def _built(folder: Path, tree: KernelTree, sidecar: Sidecar) -> dict[str, Path]:
    done = upstream_static.make(folder, tree, sidecar)
    assert (done.returncode, done.stderr) == (0, "")
    return {file.name: file for file in folder.glob("*.ko")}


@pytest.fixture(scope="module")
def guest(
    kernel_6_12: KernelTree,
    upstream_6_12: Sidecar,
    source_6_12: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> GuestResult:
    place = tmp_path_factory.mktemp("static")
    samples = [source_6_12 / f"samples/rust/rust_{name}.rs" for name in ("minimal", "print")]
    alone = upstream_static.alone(place / "alone", *samples, upstream_static.ours("growing"))
    printing = upstream_static.printing(place / "printing", kernel_6_12)
    files = {
        name: file
        for folder in (alone, printing)
        for name, file in _built(folder, kernel_6_12, upstream_6_12).items()
    }
    names = ("rust_minimal", "rust_print", "growing")
    script = [f"insmod /{name}.ko && rmmod {name}" for name in names]
    result = boot.boot(kernel_6_12, files=files, script=[*script, *PRINTS])
    assert result.outcome is Outcome.FINISHED
    assert not result.troubles
    assert {step.status for step in result.steps} == {0}
    return result


def said(result: GuestResult, step: int) -> list[str]:
    return [text for text in crate_guest.texts(result, step) if "taint" not in text]


def test_the_minimal_sample_prints_what_it_does_in_the_tree(guest: GuestResult) -> None:
    assert said(guest, 0) == [
        "rust_minimal: Rust minimal sample (init)",
        "rust_minimal: Am I built-in? false",
        "rust_minimal: My numbers are [72, 108, 200]",
        "rust_minimal: Rust minimal sample (exit)",
    ]


def test_the_printing_sample_prints_what_it_does_in_the_tree(guest: GuestResult) -> None:
    lines = said(guest, 1)
    levels = ("Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Info")
    assert lines[0] == "rust_print: Rust printing macros sample (init)"
    for at, how in ((1, "without"), (9, "with")):
        assert lines[at : at + 7] == [
            f"rust_print: {level} message (level {number}) {how} args"
            for number, level in enumerate(levels)
        ]
        assert lines[at + 7] == f"rust_print: A line that is continued {how} args"
    assert lines[17:19] == ["rust_print: 1", 'rust_print: "hello, world"']
    assert lines[-1] == "rust_print: Rust printing macros sample (exit)"


def test_memory_grows_and_shrinks_by_what_the_kernel_does_not_export(guest: GuestResult) -> None:
    assert said(guest, 2) == [
        "growing: sum 1249975000",
        "growing: in place: true true true true",
        "growing: moved: true true",
    ]


def test_each_byte_is_printed_that_a_kernel_with_rust_prints(
    guest: GuestResult,
    kernel_7_3: KernelTree,
    upstream_7_3: Sidecar,
    tmp_path: Path,
) -> None:
    folder = upstream_static.printing(tmp_path / "printing", kernel_7_3)
    other = boot.boot(kernel_7_3, files=_built(folder, kernel_7_3, upstream_7_3), script=PRINTS)
    assert other.outcome is Outcome.FINISHED
    records = _records(guest, 4)
    assert len(records) > 30
    assert r"6,-;printing: a zero \x00 byte" in records
    assert records == _records(other, 1)
    # What is in /proc, of the size that it says, and longer than a buffer of seq_file's at first.
    assert guest.steps[5].lines[0].split()[0] == "79082"
    assert guest.steps[5].lines == other.steps[2].lines


def _records(result: GuestResult, step: int) -> list[str]:
    """Return what is printed of interest: records of /dev/kmsg without number and time."""
    lines = [re.sub(r"^(\d+),\d+,\d+,", r"\1,", line) for line in result.steps[step].lines]
    return [line for line in lines if line != "Terminated" and "taint" not in line]
