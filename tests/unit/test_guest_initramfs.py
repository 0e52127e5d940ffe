"""What a guest gets as its root file system."""

import os
from pathlib import Path

import pytest

from rkmbuild.base.errors import MachineError
from rkmbuild.guest import initramfs


@pytest.fixture
def busybox(tmp_path: Path) -> Path:
    program = tmp_path / "busybox"
    program.write_bytes(b"\x7fELF and so on")
    return program


def test_the_same_guest_is_the_same_bytes(busybox: Path, tmp_path: Path) -> None:
    first = tmp_path / "one" / "data"
    second = tmp_path / "two" / "data"
    for folder in (first, second):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "file").write_text("content")
        (folder / "link").symlink_to("sub/file")
    (second / "sub" / "file").touch()

    def build(folder: Path) -> bytes:
        return initramfs.build(
            busybox, files={"/d": folder, "/t": "text"}, script=["true"], port="ttyS1"
        )

    assert build(first) == build(second)
    assert b"sub/file" in build(first)


def test_the_order_in_which_files_are_named_does_not_matter(busybox: Path) -> None:
    files: dict[str, initramfs.Content] = {"/b": b"1", "/a/x": "2"}
    turned = dict(reversed(files.items()))
    assert initramfs.build(busybox, files=files, script=[], port="ttyS1") == initramfs.build(
        busybox, files=turned, script=[], port="ttyS1"
    )


def test_of_a_folder_only_files_are_taken_whatever_they_are_called(
    busybox: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "odd\udcff").write_text("content of it")
    (folder / "link").symlink_to("odd\udcff")
    built = initramfs.build(
        busybox, files={"/tests": folder}, script=["cat 'odd\udcff'"], port="ttyS1"
    )
    assert built.count(b"odd\xff") == 3
    assert b"content of it" in built
    assert b"pipe" not in built


def test_a_missing_file_is_named(busybox: Path, tmp_path: Path) -> None:
    with pytest.raises(MachineError, match="not-there"):
        initramfs.build(busybox, files={"/x": tmp_path / "not-there"}, script=[], port="ttyS1")


def test_a_file_must_not_take_the_place_of_init(busybox: Path) -> None:
    with pytest.raises(MachineError, match="two files for 'init'"):
        initramfs.build(busybox, files={"/init": "#!/bin/sh\n"}, script=[], port="ttyS1")
