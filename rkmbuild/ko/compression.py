"""A module file's plain bytes, whether it is kept as .ko, .ko.gz, .ko.xz or .ko.zst.

What the file is, is read from its first bytes and not from its name. The size of the result has a
limit, since a few kilobytes of a hostile file can unpack to gigabytes.
"""

import lzma
import os
import stat
import subprocess
import zlib
from pathlib import Path
from typing import Protocol

from rkmbuild.base import process
from rkmbuild.base.errors import NotAModuleError, ToolchainError

# The largest module of Debian 12 and 13 has 12 MB, and under 400 MB with all debug information.
MAX_BYTES = 512 << 20
_CHUNK = 1 << 20

_GZIP = b"\x1f\x8b"
_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"


def open_module(ko: Path) -> int:
    """Open a regular file for reading and return its descriptor.

    Raises:
        NotAModuleError: there is no such file, it cannot be read, it is a folder, a pipe or a
            device, or it is larger than `MAX_BYTES`.
    """
    try:
        # O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
        descriptor = os.open(ko, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise NotAModuleError(f"cannot read {ko}: {why}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise NotAModuleError(f"{ko} is not a regular file")
    if status.st_size > MAX_BYTES:
        os.close(descriptor)
        raise NotAModuleError(f"{ko} is larger than any kernel module ({status.st_size} bytes)")
    return descriptor


def is_compressed(ko: Path) -> bool:
    """Tell whether the file is a gzip, xz or zstd stream; raises as `open_module` does."""
    with os.fdopen(open_module(ko), "rb") as stream:
        return stream.read(8).startswith((_GZIP, _XZ, _ZSTD))


def beginning(ko: Path, size: int) -> bytes:
    """Return the first `size` bytes of the file as it is; raises as `open_module` does."""
    with os.fdopen(open_module(ko), "rb") as stream:
        return stream.read(size)


def decompress(ko: Path, *, limit: int = MAX_BYTES) -> bytes:
    """Return the bytes of a module file, unpacked where it is compressed.

    Args:
        ko: The file.
        limit: The most bytes that the result may have.

    Raises:
        NotAModuleError: as `open_module`; or the stream is damaged, cut off or unpacks to more
            than `limit`.
        ToolchainError: it is a zstd stream and the `zstd` command is not there. (Python has no
            zstd before 3.14; the command comes with every distribution that packs modules so.)
    """
    with os.fdopen(open_module(ko), "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if data.startswith(_ZSTD):
        return _unzstd(ko, limit)
    try:
        if data.startswith(_GZIP):
            return _gunzip(data, limit)
        if data.startswith(_XZ):
            return _unxz(data, limit)
    except (zlib.error, lzma.LZMAError, EOFError) as error:
        raise NotAModuleError(f"{ko} is damaged: {error}") from None
    except OverflowError:
        raise _too_large(ko, limit) from None
    if len(data) > limit:
        raise _too_large(ko, limit)
    return data


class _Engine(Protocol):
    """What zlib's and lzma's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _gunzip(data: bytes, limit: int) -> bytes:
    return _whole(zlib.decompressobj(wbits=31), "gzip", data, limit)


def _unxz(data: bytes, limit: int) -> bytes:
    # 192 MiB are twice what `xz -9` asks for; a larger dictionary is no module's.
    engine = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=192 << 20)
    return _whole(engine, "xz", data, limit)


def _whole(engine: _Engine, kind: str, data: bytes, limit: int) -> bytes:
    plain = engine.decompress(data, limit + 1)
    if len(plain) > limit:
        raise OverflowError
    if not engine.eof:
        raise EOFError(f"the {kind} stream is truncated")
    return plain


def _unzstd(ko: Path, limit: int) -> bytes:
    try:
        child = process.popen(["zstd", "-dcq", "--", str(ko.absolute())], stderr=subprocess.PIPE)
    except ToolchainError as error:
        hint = "install the package zstd, or unpack the file by other means"
        raise ToolchainError(f"{ko} is packed with zstd: {error.message}", hint=hint) from None
    try:
        parts, size = [], 0
        while chunk := child.stdout.read(_CHUNK) if child.stdout else b"":
            parts.append(chunk)
            size += len(chunk)
            if size > limit:
                raise _too_large(ko, limit)
        said = child.stderr.read(_CHUNK) if child.stderr else b""
        status = child.wait()
    finally:
        process.stop(child)
        for pipe in filter(None, (child.stdout, child.stderr)):
            pipe.close()
    if status:
        raise NotAModuleError(f"{ko} is damaged: {said.decode(errors='replace').strip()}")
    return b"".join(parts)


def _too_large(ko: Path, limit: int) -> NotAModuleError:
    return NotAModuleError(f"{ko} unpacks to more than {limit >> 20} MiB: no kernel module does")
