"""The archive that a guest's kernel unpacks."""

import random
import stat

import pytest

from rkmbuild.guest import cpio


def _names(archive: bytes) -> list[str]:
    """Read the names back by the format's own rules: a head of 110 hex digits, 4-byte alignment."""
    names: list[str] = []
    at = 0
    while True:
        head = archive[at : at + 110]
        assert head[:6] == b"070701"
        size, length = int(head[54:62], 16), int(head[94:102], 16)
        name = archive[at + 110 : at + 110 + length - 1].decode()
        if name == "TRAILER!!!":
            return names
        names.append(name)
        at = (at + 110 + length + 3) & ~3
        at = (at + size + 3) & ~3


def test_a_folder_comes_before_what_lies_in_it() -> None:
    archive = cpio.archive([cpio.file("a/b/c", b"1"), cpio.file("a-b", b"2"), cpio.folder("a/b")])
    assert _names(archive) == ["a", "a/b", "a/b/c", "a-b"]


def test_the_order_of_the_entries_does_not_matter() -> None:
    entries = [cpio.file(f"f{number}/x", bytes(number)) for number in range(20)]
    shuffled = entries.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 - an order, no secret
    assert cpio.archive(shuffled) == cpio.archive(entries)


def test_no_time_owner_or_device_of_the_host_goes_in() -> None:
    archive = cpio.archive([cpio.file("init", b"x", executable=True)])
    fields = [int(archive[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
    inode, mode, uid, gid, links, mtime, size, major, minor, *_ = fields
    assert (inode, mode, uid, gid, links) == (1, stat.S_IFREG | 0o755, 0, 0, 1)
    assert (mtime, size, major, minor) == (0, 1, 0, 0)


def test_a_device_node_has_its_numbers() -> None:
    archive = cpio.archive([cpio.character_device("dev/console", 5, 1)])
    record = archive[archive.index(b"070701", 1) :]
    fields = [int(record[6 + 8 * index : 14 + 8 * index], 16) for index in range(13)]
    assert stat.S_ISCHR(fields[1])
    assert fields[9:11] == [5, 1]


@pytest.mark.parametrize("name", ["/init", "a/../b", "a//b", "", "./a"])
def test_a_name_that_could_lie_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a file"):
        cpio.archive([cpio.file(name, b"")])


def test_two_different_files_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two files"):
        cpio.archive([cpio.file("a", b"1"), cpio.file("a", b"2")])
