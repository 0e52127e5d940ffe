"""Kernels from folders of .deb and .rpm files, which real tools made of trees of our own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError, ToolchainError
from rkmbuild.distro import rpm_file, sources
from rkmbuild.kernel import fetch, fetched_kernel, find
from tests import kernel_trees
from tests.build.apt_archive import RELEASE, Archive

_VERSION, _, _FLAVOUR = RELEASE.partition("-")
_needs_rpm = pytest.mark.skipif(
    not shutil.which("rpmbuild") or not shutil.which("bsdtar"), reason="needs rpmbuild and bsdtar"
)
_SPEC = """\
Name: {name}
Version: 6.12.117
Release: 200
Summary: none
License: none
AutoReqProv: no
%description
none
%install
cp -a {files}/. %{{buildroot}}/
%files
/*
"""


@pytest.fixture
def debs(tmp_path: Path, empty_cache: Path) -> Archive:
    assert not empty_cache.exists()
    made = Archive(tmp_path / "debs")
    made.add_kernel("6.12.117-1", publish=False)
    return made


def _rpm(folder: Path, name: str, files: Path) -> Path:
    """Make a package of what is below `files`, in `folder`."""
    top = folder.parent / f"build-{name}"
    top.mkdir()
    spec = top / "x.spec"
    spec.write_text(_SPEC.format(name=name, files=files))
    # The machine's own scripts would strip, compress and rewrite what is to stay as it is.
    options = [
        "--define", f"_topdir {top}", "--define", f"_rpmdir {folder}",
        "--define", "__os_install_post %{nil}", "--define", "debug_package %{nil}",
        "--define", "_build_id_links none",
        # rpm 6 makes a sixth format unless it is told, which no bsdtar unpacks yet.
        "--define", "_rpmformat 4",
    ]  # fmt: skip
    done = subprocess.run(
        ["rpmbuild", "--quiet", *options, "-bb", str(spec)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = folder.rglob(f"{name}-6*.rpm")
    return made


def _image_and_modules(tmp_path: Path, folder: Path, core: str, modules: str) -> None:
    kernel_trees.image(tmp_path / "core", RELEASE, "modules")
    (tmp_path / f"core/lib/modules/{RELEASE}/kernel").rmdir()
    kernel = tmp_path / f"modules/lib/modules/{RELEASE}/kernel"
    kernel.mkdir(parents=True)
    (kernel / "x.ko").write_text("ELF")
    _rpm(folder, core, tmp_path / "core")
    _rpm(folder, modules, tmp_path / "modules")


@pytest.fixture
def fedora(tmp_path: Path, empty_cache: Path) -> Path:
    """A folder of packages as Fedora cuts a kernel into."""
    assert not empty_cache.exists()
    folder = tmp_path / "rpms"
    _image_and_modules(tmp_path, folder, "kernel-core", "kernel-modules")
    tree = kernel_trees.single(tmp_path / "devel/usr/src/kernels" / RELEASE)
    assert tree.is_dir()
    _rpm(folder, "kernel-devel", tmp_path / "devel")
    (tmp_path / "other/usr/bin").mkdir(parents=True)
    (tmp_path / "other/usr/bin/other").touch()
    _rpm(folder, "other", tmp_path / "other")
    return folder


def test_a_kernel_is_taken_from_a_folder_of_debs(debs: Archive) -> None:
    source = sources.of_folder(f"file://{debs.pool}")
    tree = fetch.fetch("6.12", source=source)
    assert tree.release == RELEASE
    (entry,) = fetched_kernel.entries()
    kernel = fetched_kernel.read(entry)
    assert (kernel.source, kernel.suite) == (str(debs.pool), None)
    assert all(len(package.sha256) == 64 for package in kernel.packages)
    assert len(list(debs.pool.glob("*.deb"))) == 5
    assert find.select("6.12").image == tree.image


def test_other_files_of_the_same_version_are_another_kernel(debs: Archive) -> None:
    first = fetch.fetch("6.12", source=sources.of_folder(str(debs.pool)))
    assert fetch.fetch("6.12", source=sources.of_folder(str(debs.pool))).build == first.build
    (headers,) = debs.pool.glob(f"linux-headers-{RELEASE}_*.deb")
    headers.touch()
    second = fetch.fetch("6.12", source=sources.of_folder(str(debs.pool)))
    assert second.build != first.build
    assert find.select("6.12").build == second.build


def test_of_two_versions_in_a_folder_the_newer_one_is_taken(debs: Archive) -> None:
    debs.add_kernel("6.12.117-1.1", publish=False)
    debs.add_kernel("6.12.117-1~rc1", publish=False)
    fetch.fetch("6.12", source=sources.of_folder(str(debs.pool)))
    (entry,) = fetched_kernel.entries()
    assert {each.version for each in fetched_kernel.read(entry).packages} == {"6.12.117-1.1"}


def test_what_is_no_package_is_named(debs: Archive) -> None:
    (debs.pool / "linux-headers-7.3.0_1_amd64.deb").write_text("no")
    with pytest.raises(FetchError, match=r"reading linux-headers-7\.3\.0_1_amd64\.deb"):
        fetch.fetch("6.12", source=sources.of_folder(str(debs.pool)))


def test_a_folder_without_packages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"has neither \.deb nor \.rpm packages"):
        sources.of_folder(str(tmp_path))
    with pytest.raises(FetchError, match="is no folder"):
        sources.of_folder(str(tmp_path / "none"))
    with pytest.raises(FetchError, match="is no folder of this machine"):
        sources.of_folder("https://example.org/debs")


def test_the_command_takes_a_folder_or_a_suite(debs: Archive) -> None:
    command = [sys.executable, "-m", "rkmbuild", "kernel", "fetch", "--from", str(debs.pool)]
    both = subprocess.run([*command, "--suite", "sid"], check=False, capture_output=True, text=True)
    assert both.returncode == 2
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"--kernel {RELEASE}" in done.stderr


@_needs_rpm
def test_the_header_of_a_package_is_read(fedora: Path) -> None:
    (core,) = fedora.rglob("kernel-core-*.rpm")
    found = rpm_file.read(core)
    assert (found.name, found.version) == ("kernel-core", "6.12.117-200")
    listed = subprocess.run(
        ["rpm", "-qp", "--qf", "%{ARCH} %{SIZE}\n[%{FILENAMES}\n]", str(core)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert listed == [found.architecture, str(found.installed), *found.files]


@_needs_rpm
def test_what_is_no_rpm_or_cut_off_is_refused(fedora: Path, tmp_path: Path) -> None:
    (core,) = fedora.rglob("kernel-core-*.rpm")
    content = core.read_bytes()
    for length in (0, 50, 100, 200, len(content) // 3):
        file = tmp_path / "cut.rpm"
        file.write_bytes(content[:length])
        with pytest.raises(FetchError, match=r"is no \.rpm package, or damaged"):
            rpm_file.read(file)


@_needs_rpm
def test_a_kernel_is_taken_from_packages_as_fedoras(fedora: Path) -> None:
    tree = fetch.fetch("6.12", source=sources.of_folder(str(fedora)))
    (entry,) = fetched_kernel.entries()
    assert tree.build == entry.resolve() / "usr/src/kernels" / RELEASE
    assert tree.image == entry.resolve() / "lib/modules" / RELEASE / "vmlinuz"
    assert tree.modules
    assert list(tree.modules.glob("kernel/*.ko"))
    assert {each.name for each in fetched_kernel.read(entry).packages} == {
        "kernel-core",
        "kernel-devel",
        "kernel-modules",
    }


@_needs_rpm
def test_a_kernel_is_taken_from_packages_as_opensuses(tmp_path: Path, empty_cache: Path) -> None:
    assert not empty_cache.exists()
    folder = tmp_path / "rpms"
    _image_and_modules(tmp_path, folder, "kernel-default", "kernel-default-extra")
    build = kernel_trees.single(tmp_path / f"devel/usr/src/linux-{_VERSION}-obj/x86_64" / _FLAVOUR)
    source = kernel_trees.single(tmp_path / f"source/usr/src/linux-{_VERSION}")
    (build / "Makefile").write_text(f"include /usr/src/linux-{_VERSION}/Makefile\n")
    shutil.rmtree(source / "include/config")
    _rpm(folder, "kernel-default-devel", tmp_path / "devel")
    _rpm(folder, "kernel-devel", tmp_path / "source")
    tree = fetch.fetch(source=sources.of_folder(str(folder)))
    (entry,) = fetched_kernel.entries()
    assert tree.release == RELEASE
    assert tree.build == entry.resolve() / f"usr/src/linux-{_VERSION}-obj/x86_64" / _FLAVOUR
    assert tree.source == entry.resolve() / f"usr/src/linux-{_VERSION}"
    assert tree.image


def _describe(folder: Path, compression: str) -> None:
    """Make the repodata of a folder."""
    made = "xz" if compression == "xz" else "gz"
    command = ["createrepo_c", "--quiet", "--general-compress-type", made, str(folder)]
    subprocess.run(command, check=True)
    (primary,) = folder.glob(f"repodata/*primary.xml.{made}")
    if compression == "zst":
        # createrepo_c writes it by itself from 1.0 on, which is newer than Debian 12's.
        subprocess.run(["gunzip", primary], check=True)
        subprocess.run(["zstd", "-q", "--rm", primary.with_suffix("")], check=True)
        listing = folder / "repodata/repomd.xml"
        text = listing.read_text()
        listing.write_text(text.replace(primary.name, primary.with_suffix(".zst").name))


@_needs_rpm
@pytest.mark.skipif(not shutil.which("createrepo_c"), reason="needs createrepo_c")
@pytest.mark.parametrize("compression", ["gz", "xz", "zst"])
def test_a_package_must_be_what_its_repository_says(fedora: Path, compression: str) -> None:
    _describe(fedora, compression)
    source = sources.of_folder(f"file://{fedora}")
    assert fetch.fetch("6.12", source=source).release == RELEASE
    fetch.remove("6.12")
    (core,) = fedora.rglob("kernel-core-*.rpm")
    content = core.read_bytes()
    core.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(FetchError, match="is not what repodata says"):
        fetch.fetch("6.12", source=sources.of_folder(str(fedora)))
    assert fetched_kernel.entries() == []


@_needs_rpm
def test_without_bsdtar_the_package_that_has_it_is_named(
    fedora: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="bsdtar was not found") as failure:
        fetch.fetch("6.12", source=sources.of_folder(str(fedora)))
    assert failure.value.wanted
    assert failure.value.wanted.part == "bsdtar"


@_needs_rpm
@pytest.mark.skipif(not shutil.which("createrepo_c"), reason="needs createrepo_c")
def test_without_zstd_the_package_that_has_it_is_named(
    fedora: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _describe(fedora, "zst")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="zstd was not found") as failure:
        fetch.fetch("6.12", source=sources.of_folder(str(fedora)))
    assert failure.value.wanted
    assert failure.value.wanted.part == "zstd"
