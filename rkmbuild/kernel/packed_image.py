"""The kernel inside an image that unpacks itself."""

import bz2
import contextlib
import functools
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

from rkmbuild.base import process
from rkmbuild.base.errors import MachineError

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

_PACKED = "packed"


def unpack(data: bytes, plain: Path) -> bool:
    """Write the kernel that was packed, and tell whether that was possible.

    Args:
        data: What is packed, as `GuestMachine.payload` gives it; its end is the size of the kernel.
        plain: Where the kernel goes, in a folder where another file can be written as well.

    Raises:
        MachineError: the tool that unpacks it failed.
        ToolchainError: it is not there.
    """
    for magic, unpacked in _IN_PYTHON:
        if data.startswith(magic):
            with contextlib.suppress(*_DAMAGED):
                plain.write_bytes(unpacked(data))
    for magic, command in _BY_COMMAND:
        if data.startswith(magic):
            packed = plain.with_name(_PACKED)
            packed.write_bytes(data)
            process.run(
                command(packed, plain), doing="unpacking a kernel's image", failure=MachineError
            )
            packed.unlink()
    return plain.exists()
