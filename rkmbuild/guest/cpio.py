"""Write cpio archives in the form that the kernel unpacks as its first root file system.

The same entries give the same bytes: no times, owners or inode numbers of the host go in
(format: Documentation/driver-api/early-userspace/buffer-format.rst).
"""

import stat
from collections.abc import Iterable
from dataclasses import dataclass

_MAGIC = b"070701"
_TRAILER = "TRAILER!!!"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One file of an archive.

    Attributes:
        name: Path without a leading slash.
        mode: Type and permission bits, as in `stat.st_mode`.
        data: A file's content, a symbolic link's target; empty for others.
        device: Major and minor number of a device node.
    """

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def file(name: str, data: bytes, *, executable: bool = False) -> Entry:
    """Return a regular file, readable by all."""
    return Entry(name=name, mode=stat.S_IFREG | (0o755 if executable else 0o644), data=data)


def folder(name: str) -> Entry:
    """Return a folder."""
    return Entry(name=name, mode=stat.S_IFDIR | 0o755)


def link(name: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(name=name, mode=stat.S_IFLNK | 0o777, data=target.encode(errors="surrogateescape"))


def character_device(name: str, major: int, minor: int) -> Entry:
    """Return a character device; no privilege is needed, since none is made on the host."""
    return Entry(name=name, mode=stat.S_IFCHR | 0o600, device=(major, minor))


def archive(entries: Iterable[Entry]) -> bytes:
    """Return the archive of `entries`, sorted, with the folders that they lie in.

    Raises:
        ValueError: two entries have one name, or a name is absolute or climbs out.
    """
    by_name: dict[str, Entry] = {}
    for entry in entries:
        parts = entry.name.split("/")
        if not all(parts) or ".." in parts or "." in parts:
            raise ValueError(f"no name for a file in an archive: {entry.name!r}")
        if entry.name in by_name and by_name[entry.name] != entry:
            raise ValueError(f"two files for {entry.name!r}")
        by_name[entry.name] = entry
    for name in list(by_name):
        parts = name.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            by_name.setdefault(parent, folder(parent))
    chunks: list[bytes] = []
    # Sorted by the path's parts, a folder comes before what lies in it, as the kernel needs it.
    ordered = sorted(by_name.values(), key=lambda entry: entry.name.split("/"))
    for number, entry in enumerate(ordered, start=1):
        chunks.extend(_record(entry, number))
    chunks.extend(_record(Entry(name=_TRAILER, mode=0), 0))
    return b"".join(chunks)


def _record(entry: Entry, inode: int) -> Iterable[bytes]:
    name = entry.name.encode(errors="surrogateescape") + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    numbers = (
        inode, entry.mode, 0, 0, links, 0, len(entry.data), 0, 0, *entry.device, len(name), 0,
    )  # fmt: skip
    head = _MAGIC + b"".join(b"%08X" % number for number in numbers) + name
    return head, _padding(len(head)), entry.data, _padding(len(entry.data))


def _padding(length: int) -> bytes:
    return b"\0" * (-length % 4)
