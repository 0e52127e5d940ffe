"""Fetching with real apt from an archive of our own: what goes wrong there, and what is newer."""

import hashlib
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError, KernelError
from rkmbuild.distro import apt
from rkmbuild.kernel import fetch, fetched_kernel, find, images
from rkmbuild.kernel.tree import Origin
from tests.build.apt_archive import RELEASE, Archive
from tests.cli import started

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt")


@pytest.fixture
def archive(tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    made = Archive(tmp_path / "archive")
    monkeypatch.setenv("APT_CONFIG", str(made.config))
    assert not empty_cache.exists()
    return made


def _in_cache(cache: Path) -> list[str]:
    return sorted(path.name for path in (cache / "kernel").glob("*"))


def test_a_kernel_is_put_together_from_its_packages(archive: Archive, empty_cache: Path) -> None:
    archive.add_kernel("6.12.117-1")
    tree = fetch.fetch("6.12")
    entry = empty_cache / "kernel" / f"{RELEASE}_6.12.117-1"
    assert tree.release == RELEASE
    assert tree.origin is Origin.FETCHED
    assert tree.build == entry / "usr/src" / f"linux-headers-{RELEASE}"
    assert tree.source == entry / "usr/src/linux-headers-6.12.117+deb12-common"
    assert tree.image == entry / "boot" / f"vmlinuz-{RELEASE}"
    assert tree.modules == entry / "lib/modules" / RELEASE
    assert find.select("6.12").build == tree.build
    assert not list((empty_cache / "tmp").iterdir())


def test_a_fetched_kernel_says_what_it_was_made_of(archive: Archive) -> None:
    archive.add_kernel("1:6.12.117-1~deb12u1")
    before = fetched_kernel.utc(time.time())
    tree = fetch.fetch("6.12")
    (entry,) = fetched_kernel.entries()
    kernel = fetched_kernel.read(entry)
    assert (kernel.source, kernel.suite, kernel.release) == ("apt", None, RELEASE)
    assert before <= kernel.date <= fetched_kernel.utc(time.time())
    assert (kernel.build, kernel.debug_symbols) == (tree.build, None)
    assert kernel.parts == images.Parts(tree.image, None, tree.modules)
    assert {package.version for package in kernel.packages} == {"1:6.12.117-1~deb12u1"}
    assert {(package.name, package.sha256) for package in kernel.packages} == {
        (file.name.partition("_")[0], hashlib.sha256(file.read_bytes()).hexdigest())
        for file in archive.pool.glob("*.deb")
        if not file.name.startswith("linux-headers-6.12-cloud")  # only points to the others
    }


def test_a_kernel_whose_manifest_is_damaged_is_fetched_again(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.add_kernel("6.12.117-1")
    first = fetch.fetch("6.12")
    (entry,) = fetched_kernel.entries()
    (entry / "fetched.json").write_text("{")
    with pytest.raises(KernelError) as failure:
        find.select("6.12")
    assert "fetched.json is damaged" in str(failure.value.hint)
    assert fetch.fetch("6.12") == first
    assert "it is fetched again" in capsys.readouterr().err
    assert fetched_kernel.read(entry).source == "apt"


def test_a_kernel_that_lacks_a_part_by_now_is_fetched_again(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.add_kernel("6.12.117-1")
    first = fetch.fetch("6.12")
    (first.build / "scripts/mod/modpost").unlink()
    assert fetch.fetch("6.12") == first
    assert "modpost is missing; it is fetched again" in capsys.readouterr().err
    assert (first.build / "scripts/mod/modpost").is_file()


def test_a_file_that_is_not_what_the_lists_say_is_refused_after_apt_too(
    archive: Archive, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.add_kernel("6.12.117-1")
    parse = apt.parse
    monkeypatch.setattr(
        apt, "parse", lambda text: [replace(each, sha256="0" * 64) for each in parse(text)]
    )
    with pytest.raises(FetchError, match=r"\.deb is not what apt's lists say"):
        fetch.fetch("6.12")
    assert _in_cache(empty_cache) == []


def test_what_is_there_is_not_fetched_again(
    archive: Archive, empty_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive.add_kernel("6.12.117-1")
    first = fetch.fetch("6.12")
    for package in archive.pool.glob("*.deb"):
        package.unlink()
    assert fetch.fetch("6.12").build == first.build
    assert "is fetched already" in capsys.readouterr().err
    assert len(_in_cache(empty_cache)) == 1


def test_a_newer_version_is_fetched_beside_the_old_one(archive: Archive, empty_cache: Path) -> None:
    archive.add_kernel("6.12.117-1")
    fetch.fetch("6.12")
    archive.add_kernel("1:6.12.117-2~deb12u1")
    tree = fetch.fetch("6.12")
    assert _in_cache(empty_cache) == [f"{RELEASE}_1_6.12.117-2_deb12u1", f"{RELEASE}_6.12.117-1"]
    assert find.select("6.12").build == tree.build
    fetch.remove("6.12")
    assert _in_cache(empty_cache) == []


def test_a_kernel_that_was_not_fetched_cannot_be_removed(archive: Archive) -> None:
    with pytest.raises(KernelError, match=r"'6\.12' was neither fetched nor added") as failure:
        fetch.remove("6.12")
    assert failure.value.hint == "fetched or added: none"
    archive.add_kernel("6.12.117-1")
    fetch.fetch("6.12")
    with pytest.raises(KernelError, match=r"'6\.1' was neither fetched nor added"):
        fetch.remove("6.1")


def test_packages_without_an_image_make_no_kernel(archive: Archive, empty_cache: Path) -> None:
    archive.add_kernel("6.12.117-1", image=False)
    with pytest.raises(FetchError, match="no image to boot"):
        fetch.fetch("6.12")
    assert _in_cache(empty_cache) == []


def test_a_package_that_is_not_what_the_list_says_is_refused(
    archive: Archive, empty_cache: Path
) -> None:
    archive.add_kernel("6.12.117-1")
    (package,) = archive.pool.glob("linux-image-*.deb")
    content = package.read_bytes()
    package.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(FetchError, match="downloading the kernel's packages") as failure:
        fetch.fetch("6.12")
    assert "Hash Sum mismatch" in failure.value.output
    assert "apt-get update" in str(failure.value.hint)
    assert _in_cache(empty_cache) == []


def test_a_source_without_a_signature_is_refused(
    tmp_path: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = Archive(tmp_path / "unsigned", trusted=False)
    monkeypatch.setenv("APT_CONFIG", str(unsigned.config))
    unsigned.add_kernel("6.12.117-1")
    with pytest.raises(FetchError) as failure:
        fetch.fetch("6.12")
    assert "authenticated" in failure.value.output
    assert _in_cache(empty_cache) == []


def test_a_package_that_is_gone_from_the_archive_asks_for_newer_lists(archive: Archive) -> None:
    archive.add_kernel("6.12.117-1")
    (package,) = archive.pool.glob("linux-kbuild-*.deb")
    package.unlink()
    with pytest.raises(FetchError, match="downloading the kernel's packages"):
        fetch.fetch("6.12")


def test_without_package_lists_the_failure_names_the_command(archive: Archive) -> None:
    assert archive.config.exists()
    with pytest.raises(FetchError, match="apt has no package lists") as failure:
        fetch.fetch("6.12")
    assert failure.value.hint == "run `apt-get update` first"


def test_without_package_lists_what_was_fetched_before_serves(archive: Archive) -> None:
    archive.add_kernel("6.12.117-1")
    first = fetch.fetch("6.12")
    for path in (archive.config.parent / "lists").glob("*Packages*"):
        path.unlink()
    assert fetch.fetch("6.12", "cloud").build == first.build
    with pytest.raises(FetchError):
        fetch.fetch("6.1")


def test_without_apt_the_failure_says_what_else_there_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_cache: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="with apt, which was not found") as failure:
        fetch.fetch("6.12")
    assert "--kernel PATH" in str(failure.value.hint)
    assert not empty_cache.exists()


# Where the fetch is killed, and how the code gets there: the process that is killed is a real one.
_KILLED = """
import os, signal
from rkmbuild.distro.debian import Debian
from rkmbuild.kernel import fetch
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
{patch}
fetch.fetch("6.12")
"""


@pytest.mark.parametrize(
    "patch",
    [
        "download = Debian.download; Debian.download = lambda *a: (download(*a), die())",
        "unpack = Debian.unpack; Debian.unpack = lambda *a: (unpack(*a), die())",
        "fetch.read_tree = die",
        "import pathlib; pathlib.Path.rename = die",
    ],
    ids=["downloaded", "one-unpacked", "all-unpacked", "before-the-rename"],
)
def test_a_fetch_that_was_killed_leaves_no_kernel_and_can_be_repeated(
    archive: Archive, empty_cache: Path, patch: str
) -> None:
    archive.add_kernel("6.12.117-1")
    done = subprocess.run(
        [sys.executable, "-c", _KILLED.format(patch=patch)], check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert find.fetched() == []
    assert _in_cache(empty_cache) == []
    assert fetch.fetch("6.12").release == RELEASE
    assert [candidate.release for candidate in find.fetched()] == [RELEASE]


def test_two_fetches_at_once_make_one_kernel(archive: Archive, empty_cache: Path) -> None:
    archive.add_kernel("6.12.117-1")
    command = [sys.executable, "-m", "rkmbuild", "kernel", "fetch", "6.12"]
    pipe = subprocess.PIPE
    with started(command, stderr=pipe) as first, started(command, stderr=pipe) as second:
        both = (first, second)
        said = [process.communicate(timeout=120)[1].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert _in_cache(empty_cache) == [f"{RELEASE}_6.12.117-1"]
