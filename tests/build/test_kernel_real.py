"""The distribution's own kernels, fetched, and `rkmbuild kernel` as a user runs it on them."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rkmbuild.base import paths
from rkmbuild.kernel import find, symvers
from rkmbuild.kernel.tree import KernelTree, KernelVersion, Origin
from tests import matrix


@pytest.fixture(params=["6.1", "6.12"])
def kernel(request: pytest.FixtureRequest) -> KernelTree:
    name = f"kernel_{request.param.replace('.', '_')}"
    tree: KernelTree = request.getfixturevalue(name)
    return tree


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of six megabytes."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6000000", "none", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _rkmbuild(*argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "rkmbuild", *argv],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | env,
    )
    assert "Traceback" not in done.stderr
    return done


def _json(*argv: str, **env: str) -> Any:
    done = _rkmbuild(*argv, "--json", **env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_fetched_kernel_has_all_that_building_and_booting_need(kernel: KernelTree) -> None:
    assert kernel.origin is Origin.FETCHED
    assert kernel.arch == "x86_64"
    assert kernel.compiler.kind == "gcc"
    assert kernel.config.on("MODVERSIONS")
    assert not kernel.config.on("RUST")
    cache = paths.cache_dir().resolve()
    assert kernel.symvers
    assert kernel.image
    assert kernel.modules
    for path in (kernel.build, kernel.source, kernel.symvers, kernel.image, kernel.modules):
        assert path.exists()
        assert path.resolve().is_relative_to(cache)
    assert kernel.image.read_bytes()[:2] == b"MZ"
    assert list(kernel.modules.glob("kernel/**/*.ko*"))


def test_the_version_and_the_release_are_both_the_kernels_own(kernel: KernelTree) -> None:
    assert kernel.release in (kernel.build / "include/generated/utsrelease.h").read_text()
    assert kernel.image
    assert f"{kernel.release} (".encode() in kernel.image.read_bytes()
    assert kernel.version > KernelVersion(6, 1, 100)


def test_the_exported_symbols_of_a_real_kernel_are_read(kernel: KernelTree) -> None:
    assert kernel.symvers
    symbols = symvers.load(kernel.symvers)
    assert len(symbols) > 10_000
    assert symbols["_printk"].crc
    assert symbols["class_destroy"].gpl
    assert {symbol.module for symbol in symbols.values()} > {"vmlinux"}


def test_a_series_selects_the_fetched_kernel(kernel: KernelTree) -> None:
    series = f"{kernel.version.major}.{kernel.version.minor}"
    assert find.select(series).release == kernel.release
    assert find.select(kernel.release).build == kernel.build
    assert find.select(str(kernel.build)).release == kernel.release


def test_a_copy_below_a_path_with_spaces_is_read_there(kernel: KernelTree, tmp_path: Path) -> None:
    # The objtree is copied, what it leads to is linked: both are reached from the odd path alone.
    root = tmp_path / "мои ядра (два)"
    (root / "usr/src").mkdir(parents=True)
    source = root / "usr/src" / kernel.source.name
    source.symlink_to(kernel.source)
    (root / "usr/lib").symlink_to(kernel.build.parents[1] / "lib")
    build = root / "usr/src" / "headers of mine"
    shutil.copytree(kernel.build, build, symlinks=True)
    tree = find.select(str(build))
    assert (tree.release, tree.build, tree.origin) == (kernel.release, build, Origin.PATH)
    assert tree.config == kernel.config


def test_a_kernel_of_another_suite_has_all_that_building_and_booting_need(
    kernel_7_3: KernelTree,
) -> None:
    assert kernel_7_3.version > KernelVersion(7, 2, 0)
    assert kernel_7_3.symvers
    assert kernel_7_3.image
    assert kernel_7_3.modules
    assert kernel_7_3.image.read_bytes()[:2] == b"MZ"
    assert list(kernel_7_3.modules.glob("kernel/**/*.ko*"))
    shown = _json("kernel", "show", kernel_7_3.release)
    assert shown["fetched"]["suite"] in (matrix.NEWEST.suite, None)
    assert find.select(kernel_7_3.release).build == kernel_7_3.build


def test_what_suites_offer_is_listed_by_suite(kernel_7_3: KernelTree) -> None:
    suites = [word for name in (matrix.NEWEST.suite, "sid") for word in ("--suite", name)]
    listed = _json("kernel", "list", "--available", "--allow-expired", *suites)["available"]
    assert {row["suite"] for row in listed} == {matrix.NEWEST.suite, "sid"}
    assert {row["flavour"] for row in listed} >= {"amd64", "cloud", "rt"}
    assert all(10_000_000 < row["size"] < row["space"] for row in listed)
    here = {row["release"]: row["fetched"] for row in listed if row["suite"] == matrix.NEWEST.suite}
    assert here.get(kernel_7_3.release, True)


def test_what_this_machines_packages_come_from_is_listed() -> None:
    listed = _json("kernel", "list", "--available")["available"]
    assert {row["suite"] for row in listed} == {None}
    assert any(row["recommended"] for row in listed)
    releases = [row["release"] for row in listed]
    assert all(re.fullmatch(r"\d+\.\d+[\w.+-]*", release) for release in releases), releases


def test_kernel_list_shows_each_kernel_in_a_row(
    kernel_6_1: KernelTree, kernel_6_12: KernelTree
) -> None:
    listed = {row["release"]: row for row in _json("kernel", "list")["kernels"]}
    for tree in (kernel_6_1, kernel_6_12):
        row = listed[tree.release]
        assert row["origin"] == "fetched"
        assert row["build"] == str(tree.build)
        assert row["compiler"]["command"] == tree.compiler.command
        assert (row["config_rust"], row["bootable"]) == (False, True)
    lines = _rkmbuild("kernel", "list").stdout.splitlines()
    assert lines[0].split() == ["RELEASE", "FROM", "COMPILER", "CONFIG_RUST", "IMAGE"]
    (line,) = [line for line in lines if line.startswith(kernel_6_12.release)]
    compiler = ".".join(map(str, kernel_6_12.compiler.version))
    assert line.split() == [kernel_6_12.release, "fetched", "gcc", compiler, "no", "yes"]


def test_kernel_show_tells_the_same_as_text_and_as_json(kernel: KernelTree) -> None:
    known = _json("kernel", "show", kernel.release)
    assert known["release"] == kernel.release
    assert known["symvers"]["symbols"] > 10_000
    assert known["config"]["MITIGATION_RETHUNK"] == "y"
    text = _rkmbuild("kernel", "show", kernel.release).stdout
    for value in (known["image"], known["source"], known["compiler"]["text"]):
        assert value in text
    for option in ("X86_KERNEL_IBT", "MODVERSIONS", "UNWINDER_ORC", "DEBUG_INFO_BTF"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"CONFIG_{option} ")]
        assert line.split()[1] == (known["config"][option] or "-")


def test_an_unknown_kernel_ends_with_the_kernels_exit_code(kernel_6_12: KernelTree) -> None:
    done = _rkmbuild("kernel", "show", "5.99")
    assert done.returncode == 4
    assert "no kernel '5.99' was found" in done.stderr
    assert kernel_6_12.release in done.stderr
    done = _rkmbuild("kernel", "show", "5.99", "--json")
    assert json.loads(done.stdout)["error"]["exit_code"] == 4


def test_an_ambiguous_kernel_ends_with_the_kernels_exit_code(
    kernel_6_1: KernelTree, kernel_6_12: KernelTree
) -> None:
    done = _rkmbuild("kernel", "show", "cloud")
    assert done.returncode == 4
    assert kernel_6_1.release in done.stderr
    assert kernel_6_12.release in done.stderr


def test_a_series_that_apt_does_not_offer_ends_with_the_code_of_fetching() -> None:
    done = _rkmbuild("kernel", "fetch", "5.99")
    assert done.returncode == 8
    assert "apt offers no kernel 5.99" in done.stderr
    assert re.search(r"it offers: \d+\.\d+", done.stderr)


def test_the_note_for_missing_headers_is_one_line(kernel_6_12: KernelTree, tmp_path: Path) -> None:
    folder = tmp_path / "cache" / "kernel"
    folder.mkdir(parents=True)
    entry = kernel_6_12.build.parents[2]
    (folder / entry.name).symlink_to(entry)
    done = _rkmbuild("kernel", "show", RKMBUILD_CACHE_DIR=str(tmp_path / "cache"))
    if find.find_kernels()[0].origin is Origin.RUNNING:
        pytest.skip("the running kernel has headers here")
    assert done.returncode == 0
    (note,) = done.stderr.splitlines()
    assert "has no headers here" in note
    assert "linux-headers-$(uname -r)" in note
    assert kernel_6_12.release in note


def test_a_machine_without_any_kernel_is_told_what_to_do(tmp_path: Path) -> None:
    if any(t.origin not in (Origin.FETCHED, Origin.BUILT) for t in find.find_kernels()):
        pytest.skip("this machine has headers installed")
    empty = {"RKMBUILD_CACHE_DIR": str(tmp_path / "cache")}
    done = _rkmbuild("kernel", "show", **empty)
    assert done.returncode == 4
    assert "has no headers on this machine" in done.stderr
    assert "rkmbuild kernel fetch" in done.stderr
    assert "no kernel to build for was found" in _rkmbuild("kernel", "list", **empty).stderr
    assert _json("kernel", "list", **empty) == {"schema": 1, "kernels": [], "passed_over": []}


def test_a_kernel_for_which_the_disk_is_too_small_is_not_begun(small_disk: Path) -> None:
    done = _rkmbuild("kernel", "fetch", RKMBUILD_CACHE_DIR=str(small_disk / "cache"))
    assert done.returncode == 7
    assert "6 MB are free" in done.stderr
    assert "RKMBUILD_CACHE_DIR" in done.stderr
    assert not (small_disk / "cache").exists()
