"""The file that a guest's kernel is booted from: unpacked, where it can be.

A kernel's image unpacks itself first, for which an emulated processor needs 0.4 to 0.7 s, a fifth
of its boot. The unpacked kernel is kept in the cache, where it takes some 60 MB. It is the same
kernel but for its place, which is random only where the image's own code moves it.
"""

import bz2
import contextlib
import functools
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

from rkmbuild.arch.guest import GuestMachine
from rkmbuild.base import cache, console, files, process
from rkmbuild.base.errors import MachineError, RkmbuildError

_KIND = "boot-image"
_REVISION = 1
_NAME = "vmlinux"
_PACKED = "packed"

# scripts/Makefile.lib, cmd_*_with_size, and Kconfig's KERNEL_GZIP and its like: what an image
# can be packed with. Of lzo no tool is at hand everywhere.
_IN_PYTHON: tuple[tuple[bytes, Callable[[bytes], bytes]], ...] = (
    (b"\x1f\x8b", functools.partial(zlib.decompress, wbits=31)),
    (b"\xfd7zXZ\x00", lzma.decompress),
    (b"\x5d\x00\x00", lzma.decompress),
    (b"BZh", bz2.decompress),
)
_DAMAGED = (zlib.error, lzma.LZMAError, EOFError, OSError, ValueError)
_BY_COMMAND: tuple[tuple[bytes, Callable[[Path, Path], list[str]]], ...] = (
    (
        b"\x28\xb5\x2f\xfd",
        lambda packed, plain: ["zstd", "-dqf", str(packed), "-o", str(plain)],
    ),
    (b"\x02\x21\x4c\x18", lambda packed, plain: ["lz4", "-dqf", str(packed), str(plain)]),
)


def unpacked(image: Path, guest: GuestMachine) -> Path | None:
    """Return the unpacked kernel of an image, or None where it has to be booted as it is.

    That is so where the architecture's qemu starts no unpacked kernel, where this one was built
    without what that takes, where the tool that unpacks it is not there, or the cache cannot be
    written. Nothing of it is a failure: the image boots as well.

    Args:
        image: The image.
        guest: The machine that is to boot it.
    """
    if guest.payload is None:
        return None
    try:
        entry = cache.entry(
            _KIND,
            cache.key(_KIND, _REVISION, files.named_stamp(image)),
            functools.partial(_make, image, guest),
        )
    except (RkmbuildError, OSError) as error:
        console.detail(f"{image} is booted as it is, packed: {error}")
        return None
    found = entry / _NAME
    return found if files.is_file(found) else None


def _make(image: Path, guest: GuestMachine, folder: Path) -> None:
    """Fill an entry of the cache; one without the kernel says that the image has to be booted."""
    data = guest.payload(image.read_bytes()) if guest.payload else None
    if data is None:
        return
    packed, plain = folder / _PACKED, folder / _NAME
    for magic, unpack in _IN_PYTHON:
        if data.startswith(magic):
            with contextlib.suppress(*_DAMAGED):
                plain.write_bytes(unpack(data))
    for magic, command in _BY_COMMAND:
        if data.startswith(magic):
            packed.write_bytes(data)
            process.run(
                command(packed, plain), doing="unpacking a kernel's image", failure=MachineError
            )
            packed.unlink()
    if plain.exists() and not guest.starts_unpacked(plain.read_bytes()):
        plain.unlink()
