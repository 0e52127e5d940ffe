"""Folders that this user may not enter, and a user without a home."""

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from rkmbuild.base import cache, paths, search_path
from rkmbuild.base.errors import KernelError, StorageError
from rkmbuild.kernel import find, images
from rkmbuild.kernel.detect import read_tree
from rkmbuild.kernel.tree import Origin
from rkmbuild.toolchain import bindgen_places, rust_places
from tests import kernel_trees

_NOBODY = 65534


@pytest.fixture
def closed(empty_cache: Path) -> Iterator[Path]:
    """A folder with all sorts of things in it that we may not enter while the test runs."""
    with cache.locked("loading"):  # an import may not be possible later
        assert empty_cache.is_dir()
    # Not in pytest's own place, which is root's alone.
    top = Path(tempfile.mkdtemp(prefix="rkmbuild-test-"))
    top.chmod(0o755)
    folder = top / "closed"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "rustc").write_text("#!/bin/sh\n")
    (folder / "bin" / "rustc").chmod(0o755)
    (folder / "include" / "config").mkdir(parents=True)
    (folder / "include" / "config" / "auto.conf").write_text("CONFIG_X86_64=y\n")
    (top / "root/usr/src").mkdir(parents=True)
    (top / "root/usr/src/linux-headers-6.12").symlink_to(folder)
    folder.chmod(0)
    before = os.geteuid()
    if before == 0:
        os.seteuid(_NOBODY)
    try:
        yield folder
    finally:
        os.seteuid(before)
        folder.chmod(0o755)
        shutil.rmtree(top)


def test_a_folder_of_path_that_is_closed_has_no_programs(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{closed / 'bin'}:/usr/bin")
    assert closed / "bin" not in list(search_path.folders())
    assert search_path.named(str(closed / "bin" / "rustc")) is None


def test_tools_in_a_home_that_is_closed_are_not_there(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CARGO_HOME", "RUSTUP_HOME"):
        monkeypatch.setenv(name, str(closed))
    monkeypatch.setenv("PATH", "")
    assert rust_places.rustup_toolchains() == []
    assert closed / "bin" / "bindgen" not in bindgen_places.commands()


def test_a_cache_that_is_closed_is_said_to_be(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(closed / "cache"))
    assert cache.find("sysroot", "0123") is None
    assert find.fetched() == []
    with pytest.raises(StorageError, match="Permission denied") as caught:
        cache.entry("sysroot", "0123", lambda _: None)
    assert "RKMBUILD_CACHE_DIR" in (caught.value.hint or "")


def test_a_cache_where_a_file_is_said_not_to_be_writable(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not empty_cache.exists()
    file = tmp_path / "file"
    file.write_text("mine")
    for place in (file, file / "below"):
        monkeypatch.setenv("RKMBUILD_CACHE_DIR", str(place))
        with pytest.raises(StorageError, match=str(file)):
            cache.entry("sysroot", "0123", lambda _: None)
    assert file.read_text() == "mine"


def test_a_kernel_tree_that_is_closed_is_passed_over_with_the_reason(closed: Path) -> None:
    with pytest.raises(KernelError, match=f"cannot read {closed}.*: Permission denied"):
        read_tree(closed, Origin.PATH)
    survey = find.survey(closed.parent / "root")
    assert [p.path.name for p in survey.passed_over] == ["linux-headers-6.12"]
    assert "Permission denied" in survey.passed_over[0].why.message


def test_a_boot_folder_that_is_closed_has_no_image(closed: Path) -> None:
    build = closed / "usr/src/linux-headers-6.12"
    assert images.find(build, "6.12.1") == images.Parts(None, None, None)


def test_a_user_without_a_home_is_told_what_to_set(
    empty_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> NoReturn:
        raise KeyError(uid)

    assert not empty_cache.exists()
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in ("HOME", "CARGO_HOME", "RUSTUP_HOME", "XDG_CACHE_HOME", "RKMBUILD_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert search_path.users_folder("CARGO_HOME", ".cargo") is None
    assert rust_places.rustup_toolchains() == []
    assert rust_places.rustup() in (None, "rustup")
    assert all(command.is_absolute() for command in bindgen_places.commands())
    build = kernel_trees.debian(tmp_path, "6.1")
    assert find.select(str(build)).build == build
    with pytest.raises(StorageError, match="no home folder") as caught:
        paths.cache_dir()
    assert "RKMBUILD_CACHE_DIR" in (caught.value.hint or "")


@pytest.mark.parametrize("spec", ["~nobody-of-that-name/headers", "a" * 5000, "/" + "a" * 5000])
def test_no_odd_name_of_a_kernel_is_an_unforeseen_case(spec: str) -> None:
    with pytest.raises(KernelError):
        find.select(spec)
