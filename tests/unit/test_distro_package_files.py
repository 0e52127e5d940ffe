"""Packages in a folder of the user's."""

import hashlib
import os
from pathlib import Path

import pytest

from rkmbuild.base.errors import FetchError
from rkmbuild.distro import package_files


def test_a_package_is_copied_and_the_copy_is_hashed(tmp_path: Path) -> None:
    file, folder = tmp_path / "linux.rpm", tmp_path / "work"
    file.write_bytes(b"a kernel")
    folder.mkdir()
    copy, sha256 = package_files.copied(file, folder)
    assert (copy, copy.read_bytes()) == (folder / "linux.rpm", b"a kernel")
    assert sha256 == hashlib.sha256(b"a kernel").hexdigest()


def test_a_package_that_is_gone_by_then_is_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"linux\.rpm is not there any more"):
        package_files.copied(tmp_path / "linux.rpm", tmp_path)


def test_another_file_of_the_same_name_has_another_mark(tmp_path: Path) -> None:
    file = tmp_path / "linux.deb"
    file.write_bytes(b"1")
    before = package_files.mark([file])
    assert before == package_files.mark([file])
    os.utime(file, (1, 1))
    assert package_files.mark([file]) != before
