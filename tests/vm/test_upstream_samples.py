"""The samples and drivers in Rust of a kernel's source, unedited: built, loaded and driven.

One make builds all that the kernel's configuration has, one guest has them all, one after another.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rkmbuild.guest import boot, initramfs
from rkmbuild.guest.hardware import Hardware
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.ko import compression
from tests import aml, printing, tried
from tests.cli import complaints, rkmbuild
from tests.tried import TRIED, Tried

pytestmark = [pytest.mark.together, pytest.mark.usefixtures("upstream_7_3")]

HAD = [each for each in TRIED if not each.lacks]
LACKING = [each for each in TRIED if each.lacks]
_PATIENCE = 120.0
_TABLE = aml.device("LNUXBEEF", (0xFED00000, 0x1000), {"compatible": "sample-debugfs"})
_MODULE = "loading out-of-tree module taints kernel"
_SIGNATURE = "module verification failed"
_FIRST = (
    "insmod /configfs.ko",
    "mount -t debugfs none /sys/kernel/debug",
    "mount -t configfs none /sys/kernel/config",
)


@dataclass(frozen=True, kw_only=True)
class Driven:
    """What came of all that could be had.

    Attributes:
        result: The guest's.
        steps: The commands of each, by their numbers.
        sizes: The bytes of each without debug information.
    """

    result: GuestResult
    steps: dict[str, range]
    sizes: dict[str, int]


def _kbuild(folder: Path, source: Path, chosen: list[Tried]) -> None:
    """Make a folder with a copy of each module's own folder, and a Kbuild that names it."""
    for each in chosen:
        place = folder / each.name
        home = (source / each.source).parent
        others = [source / file for file in each.more]
        for file in {*home.rglob("*.rs"), *home.glob("*.h"), *others}:
            (place / file.relative_to(home)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place / file.relative_to(home))
        objects = " ".join(Path(file).with_suffix(".o").name for file in _compiled(each))
        lines = [f"obj-m := {each.name}.o", "ccflags-y += -I$(src)"]
        if objects != f"{each.name}.o":
            lines.append(f"{each.name}-y := {objects}")
        (place / "Kbuild").write_text("\n".join(lines) + "\n")
    named = " ".join(f"{each.name}/" for each in chosen)
    (folder / "Kbuild").write_text(f"obj-m := {named}\n")


def _compiled(each: Tried) -> list[str]:
    """Return the files that are compiled: what is Rust beside the first is a module of it."""
    return [each.source, *(file for file in each.more if file.endswith(".c"))]


@pytest.fixture(scope="module")
def built(
    kernel_7_3: KernelTree, source_7_3: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """All that can be had, built silently, by name."""
    folder = tmp_path_factory.mktemp("samples")
    _kbuild(folder, source_7_3, HAD)
    done = rkmbuild("build", folder, "--kernel", kernel_7_3.release, "--json")
    assert done.returncode == 0, done.stderr
    assert not complaints(done.stderr)
    made = {each["name"]: Path(each["module"]) for each in json.loads(done.stdout)["modules"]}
    assert made.keys() == {each.name for each in HAD}
    return made


@pytest.fixture(scope="module")
def driven(
    kernel_7_3: KernelTree,
    source_7_3: Path,
    built: dict[str, Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Driven:
    """What came of them in a guest that has their devices."""
    assert kernel_7_3.modules
    files: dict[str, initramfs.Content] = {f"{name}.ko": path for name, path in built.items()}
    files["configfs.ko"] = compression.decompress(next(kernel_7_3.modules.rglob("configfs.ko*")))
    files["misc"] = _program(source_7_3, tmp_path_factory.mktemp("program"))
    script, steps = [*_FIRST], {}
    for each in HAD:
        begin = len(script)
        script.append(f"insmod /{each.name}.ko {each.parameters}".rstrip())
        script += [command for command, _ in each.drive]
        script.append(f"rmmod {each.name}")
        steps[each.name] = range(begin, len(script))
    hardware = Hardware(devices=("pci-testdev",), acpi_tables=(_TABLE,))
    result = boot.boot(kernel_7_3, files=files, script=script, hardware=hardware, timeout=_PATIENCE)
    folder = tmp_path_factory.mktemp("stripped")
    sizes = {name: _stripped(module, folder) for name, module in built.items()}
    return Driven(result=result, steps=steps, sizes=sizes)


@pytest.fixture(scope="module")
def refusals(
    kernel_7_3: KernelTree, source_7_3: Path, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """What rustc says of all that the configuration lacks something for."""
    folder = tmp_path_factory.mktemp("lacking")
    _kbuild(folder, source_7_3, LACKING)
    (folder / "Makefile").write_text("all:\n\t$(MAKE) -C $(KDIR) M=$(CURDIR)\n")
    words = ("--kernel", kernel_7_3.release, "--", "-j2", "--keep-going")
    done = rkmbuild("make", *words, cwd=folder)
    assert done.returncode == 2  # make's own
    return done.stderr


@pytest.fixture(scope="module")
def rows() -> Iterator[dict[str, list[str]]]:
    """The rows of the table that were seen, written to the page where that is asked for."""
    seen: dict[str, list[str]] = {}
    yield seen
    if os.environ.get("RKMBUILD_UPDATE_DOCS"):
        tried.PAGE.write_text(tried.updated(tried.PAGE.read_text(), seen))


def test_nothing_is_wrong_with_the_kernel_after_all_of_them(driven: Driven) -> None:
    assert driven.result.outcome is Outcome.FINISHED
    assert not driven.result.troubles


@pytest.mark.parametrize("each", HAD, ids=[each.name for each in HAD])
def test_a_module_of_the_kernels_source_is_built_loaded_and_driven(
    each: Tried, source_7_3: Path, driven: Driven, rows: dict[str, list[str]]
) -> None:
    numbers = driven.steps[each.name]
    done = [driven.result.steps[number] for number in numbers]
    assert [step.status for step in done] == [0] * len(done), done
    for step, (_, lines) in zip(done[1:-1], each.drive, strict=True):
        assert step.lines == lines, step.command
    said = [m.text for m in driven.result.printed(*numbers)]
    said = [text for text in said if _MODULE not in text and _SIGNATURE not in text]
    texts = [
        text
        for file in each.sources
        if file.endswith(".rs")
        for text in printing.texts((source_7_3 / file).read_text())
    ]
    patterns = {text: printing.pattern(text) for text in texts}
    strange = [line for line in said if not any(p.fullmatch(line) for p in patterns.values())]
    assert not strange
    missed = [
        text
        for text, p in patterns.items()
        if not any(map(p.fullmatch, said)) and not text.startswith(each.unreached or ("\0",))
    ]
    assert not missed
    _compare(each.row(size=driven.sizes[each.name]), rows)


@pytest.mark.parametrize("each", LACKING, ids=[each.name for each in LACKING])
def test_what_the_configuration_lacks_is_why_a_module_cannot_be_had(
    each: Tried, kernel_7_3: KernelTree, refusals: str, rows: dict[str, list[str]]
) -> None:
    assert kernel_7_3.config.get(each.lacks) in (None, "m"), each.lacks
    said = [part for part in refusals.split("\n\n") if f"{each.name}/" in part]
    assert any(each.error in part for part in said), refusals
    _compare(each.row(), rows)


def test_all_modules_in_rust_of_the_source_were_tried(source_7_3: Path) -> None:
    assert tried.modules_in(source_7_3) == {each.source for each in TRIED}


def test_the_table_in_the_docs_has_a_row_for_each() -> None:
    there = tried.rows_of(tried.PAGE.read_text())
    assert list(there) == [each.source for each in TRIED]


def test_the_smallest_sample_is_as_small_as_is_said(driven: Driven) -> None:
    assert driven.sizes["rust_minimal"] <= 20 * 1024


def _compare(row: list[str], rows: dict[str, list[str]]) -> None:
    """Compare a row with the one in the docs; a size differs with the path of the build."""
    source = row[0].strip("`")
    rows[source] = row
    if os.environ.get("RKMBUILD_UPDATE_DOCS"):
        return
    there = tried.rows_of(tried.PAGE.read_text())[source]
    assert there[:-1] == row[:-1], "RKMBUILD_UPDATE_DOCS=1 writes it anew"
    if row[-1]:
        seen, said = (int(cells[-1].replace(",", "")) for cells in (row, there))
        assert abs(seen - said) < seen / 20


def _stripped(module: Path, folder: Path) -> int:
    stripped = folder / "stripped.ko"
    subprocess.run(["strip", "--strip-debug", "-o", stripped, module], check=True)
    return stripped.stat().st_size


def _program(source: Path, folder: Path) -> Path:
    """Compile the program that the misc device's sample has in its first lines."""
    text = (source / "samples/rust/rust_misc_device.rs").read_text()
    found = re.search(r"^//! ```c\n((?://!.*\n)+?)//! ```$", text, re.MULTILINE)
    assert found
    code = re.sub(r"^//! ?", "", found[1], flags=re.MULTILINE)
    (folder / "misc.c").write_text(code)
    flags = ["-static", "-Wall", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", folder / "misc", folder / "misc.c"], check=True)
    return folder / "misc"
