"""Modules that bring the crate along run on a kernel that has Rust of its own, and beside it.

Their crate is compiled by the kernel's own rustc, so that each name in it is one of the kernel's.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from rkmbuild.base import paths
from rkmbuild.guest import boot
from rkmbuild.guest.result import GuestResult, Outcome
from rkmbuild.kernel.tree import KernelTree
from rkmbuild.pipeline.api.upstream.sidecar import Sidecar, Way
from tests import upstream_static
from tests.cli import rkmbuild
from tests.vm import crate_guest

pytestmark = [pytest.mark.slow, pytest.mark.together]

# Bytes without debug information.
LARGEST = {"rust_minimal": 56 << 10, "rust_misc_device": 48 << 10, "rust_print": 80 << 10}
PRINTS = (
    "insmod /{}.ko",
    # A record for each line, whatever is in it.
    "timeout 2 cat /dev/kmsg >/log; grep -E '^([0-9]+,){{3}}.;(printing:|_| platform:)' /log",
    "wc -c </proc/printing; md5sum </proc/printing",
    "rmmod printing",
)
USES = (
    "insmod /rust_minimal.ko numbers=1 && rmmod rust_minimal",
    "insmod /rust_print.ko && rmmod rust_print",
    "insmod /rust_misc_device.ko",
    "exec 3<>/dev/rust-misc-device && printf text >&3 && head -c 4 <&3",
    "rmmod rust_misc_device",
)


def _built(
    folder: Path, tree: KernelTree, sidecars: tuple[Sidecar, Sidecar], source: Path
) -> dict[Way, dict[str, Path]]:
    """Build all of them in both ways, silently."""
    made: dict[Way, dict[str, Path]] = {}
    samples = [source / f"samples/rust/rust_{name}.rs" for name in ("minimal", "misc_device")]
    for sidecar in sidecars:
        place = folder / sidecar.way
        place.mkdir()
        folders = (
            upstream_static.alone(place / "alone", *samples),
            upstream_static.traced(place / "traced", source),
            upstream_static.printing(place / "printing", tree),
        )
        made[sidecar.way] = {}
        for each in folders:
            done = upstream_static.make(each, tree, sidecar)
            assert (done.returncode, done.stderr) == (0, "")
            made[sidecar.way] |= {file.stem: file for file in each.glob("*.ko")}
    return made


@pytest.fixture(scope="module")
def modules(
    kernel_7_3: KernelTree,
    upstream_7_3: Sidecar,
    linked_7_3: Sidecar,
    source_7_3: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[Way, dict[str, Path]]:
    folder = tmp_path_factory.mktemp("linked")
    return _built(folder, kernel_7_3, (upstream_7_3, linked_7_3), source_7_3)


@pytest.fixture(scope="module")
def guest(kernel_7_3: KernelTree, modules: dict[Way, dict[str, Path]]) -> GuestResult:
    files = {f"{way}-{name}.ko": file for way in Way for name, file in modules[way].items()}
    script = [
        *(f.format("static-printing") for f in PRINTS),
        *(f.format("own-printing") for f in PRINTS),
        *(use.replace("insmod /", "insmod /static-") for use in USES),
        *(use.replace("insmod /", "insmod /own-") for use in USES),
        # Each beside one that is linked to the kernel's own Rust.
        "insmod /own-rust_minimal.ko; insmod /static-rust_misc_device.ko",
        "rmmod rust_minimal rust_misc_device",
    ]
    return boot.boot(kernel_7_3, files=files, script=script, timeout=120)


def test_all_of_them_load_and_go_in_silence(guest: GuestResult) -> None:
    assert guest.outcome is Outcome.FINISHED
    assert not guest.troubles
    assert {step.status for step in guest.steps} == {0}, guest.steps


def test_each_byte_is_printed_that_the_kernels_own_rust_prints(guest: GuestResult) -> None:
    linked = _records(guest, 1)
    own = _records(guest, 1 + len(PRINTS))
    assert len(linked) > 30
    # The second time the kernel says nothing of what is no longer new; the log has both by then.
    assert own == [*linked, *linked]
    assert guest.steps[2].lines == guest.steps[2 + len(PRINTS)].lines
    assert guest.steps[2].lines[0].split()[0] == "79082"


def test_the_samples_say_and_do_what_they_do_on_the_kernels_own_rust(guest: GuestResult) -> None:
    for number, use in enumerate(USES):
        linked = 2 * len(PRINTS) + number
        own = linked + len(USES)
        assert crate_guest.texts(guest, linked) == crate_guest.texts(guest, own), use
        assert guest.steps[linked].lines == guest.steps[own].lines, use
    assert guest.steps[2 * len(PRINTS) + 3].lines == ("text",)


@pytest.mark.parametrize("name", [*LARGEST, "printing"])
def test_nothing_of_the_kernels_rust_is_asked_for_and_nothing_offered(
    name: str, modules: dict[Way, dict[str, Path]], tmp_path: Path
) -> None:
    module = Path(shutil.copy(modules[Way.STATIC][name], tmp_path))
    subprocess.run(["strip", "-g", module], check=True)
    assert _of_rust(_names(module, "--undefined-only")) == []
    assert _of_rust(_names(module, "--extern-only", "--defined-only")) == []
    # What it has of its own are names of the kernel's.
    own = _of_rust(_names(modules[Way.OWN][name], "--undefined-only"))
    assert {*own} & {*_names(module, "--defined-only")}
    assert module.stat().st_size < LARGEST.get(name, 1 << 20)


def test_check_finds_nothing_that_comes_of_the_way(
    kernel_7_3: KernelTree, modules: dict[Way, dict[str, Path]]
) -> None:
    files = [modules[Way.STATIC][name] for name in LARGEST]
    done = rkmbuild("check", *files, "--kernel", kernel_7_3.release, "--json")
    assert done.returncode == 0, done.stdout
    judged = json.loads(done.stdout)["modules"]
    found = {each["rule"] for module in judged for each in module["findings"]}
    assert found <= {"unsigned", "out-of-tree", "recursion", "kfunc-no-types"}


def _cache(folder: Path, *sidecars: Sidecar) -> str:
    """Make a cache with these sidecars: what is chosen there no other test builds with."""
    cache = folder / "cache"
    cache.mkdir()
    for kind in ("kernel", "kernel-source", "rust-toolchain"):
        (cache / kind).symlink_to(paths.cache_dir() / kind)
    for sidecar in sidecars:
        copy = cache / "sidecar" / sidecar.folder.name
        shutil.copytree(sidecar.folder, copy, copy_function=os.link)
    return str(cache)


@pytest.fixture
def two_ways(
    upstream_7_3: Sidecar,
    linked_7_3: Sidecar,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", _cache(tmp_path, upstream_7_3, linked_7_3))


def test_a_compiler_that_no_suite_has_is_why_modules_bring_the_crate(
    kernel_7_3: KernelTree, linked_7_3: Sidecar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", _cache(tmp_path, linked_7_3))
    # Debian 12 has rustc 1.63 in it, and this machine the source that it has not.
    suite = ("--suite", "bookworm", "--allow-expired")
    done = rkmbuild("kernel", "prepare", kernel_7_3.release, *suite, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["way"] == Way.STATIC
    assert made["folder"].endswith(linked_7_3.folder.name)
    assert "could not be got: it was built with rustc 1.85.1" in made["why"]
    assert "bookworm has rustc 1.63.0" in made["why"]
    refused = rkmbuild("kernel", "prepare", kernel_7_3.release, "--link", "own", *suite)
    assert refused.returncode == 8


def test_builds_take_the_way_that_was_prepared_last_and_say_why(
    kernel_7_3: KernelTree, two_ways: None, source_7_3: Path, tmp_path: Path
) -> None:
    del two_ways
    source = Path(shutil.copy(source_7_3 / "samples/rust/rust_minimal.rs", tmp_path))
    release = kernel_7_3.release
    sizes = {}
    for link in ("static", "own", "static"):
        done = rkmbuild("kernel", "prepare", release, "--link", link, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["way"] == link
        built = rkmbuild("build", source, "--kernel", release, "-v", "--json")
        assert built.returncode == 0, built.stderr
        assert "warning" not in built.stderr
        result = json.loads(built.stdout)
        assert not result["fresh"]
        sizes[link] = result["size"]
        shown = rkmbuild("kernel", "show", release, "--json")
        known = json.loads(shown.stdout)["upstream"]
        assert known["way"] == link
        assert known["why"] in built.stderr
        assert ("was not to be linked to" in known["why"]) is (link == "static")
    assert sizes["own"] < 20 << 10 < sizes["static"]


def _names(module: Path, *which: str) -> list[str]:
    said = subprocess.run(["nm", *which, module], capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in said.splitlines()]


def _of_rust(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(("_R", "rust_helper_", "rust_fmt"))]


def _records(result: GuestResult, step: int) -> list[str]:
    """Return what is printed of interest: records of /dev/kmsg without number and time."""
    lines = [re.sub(r"^(\d+),\d+,\d+,", r"\1,", line) for line in result.steps[step].lines]
    return [line for line in lines if line != "Terminated" and "taint" not in line]
