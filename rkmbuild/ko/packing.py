"""How a module file is packed: what the headers of gzip, xz and zstd say of the stream.

Sources: RFC 1952; The .xz File Format 1.2; RFC 8878.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

# The longest header that is read: of an xz stream, with that of its first block.
HEADER_BYTES = 12 + 1024

_GZIP, _XZ, _ZSTD = b"\x1f\x8b", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"
LZMA2 = 0x21


class Packer(StrEnum):
    """What a file is packed with, in the word of the kernel's /sys/module/compression."""

    GZIP = "gzip"
    XZ = "xz"
    ZSTD = "zstd"


@dataclass(frozen=True)
class Filter:
    """A filter of an xz stream: its number, and its properties."""

    id: int
    properties: bytes


@dataclass(frozen=True, kw_only=True)
class Packing:
    """What a packed file's header says.

    Attributes:
        packer: What it is packed with.
        flags: The flags of gzip's header.
        check: The number of xz's integrity check.
        filters: xz's filters, in the order in which they packed it; empty where they cannot be
            read.
        window: Bytes of what was unpacked that have to be kept; 0 where that is not told.
        dictionary: The number of the dictionary that zstd needs, or 0.
    """

    packer: Packer
    flags: int = 0
    check: int = 0
    filters: tuple[Filter, ...] = ()
    window: int = 0
    dictionary: int = 0


def read(header: bytes) -> Packing | None:
    """Return how a file is packed by its first bytes, or None where it is not.

    Args:
        header: The first `HEADER_BYTES` of the file, or all of a smaller one.
    """
    if header.startswith(_GZIP):
        return Packing(packer=Packer.GZIP, flags=header[3] if len(header) > 3 else 0)
    if header.startswith(_XZ):
        filters = _filters(header[12:])
        last = filters[-1] if filters else None
        known = last is not None and last.id == LZMA2 and len(last.properties) == 1
        return Packing(
            packer=Packer.XZ,
            check=header[7] & 15 if len(header) > 7 else 0,
            filters=filters,
            window=_dictionary(last.properties[0]) if last and known else 0,
        )
    if header.startswith(_ZSTD):
        return _zstd(header[len(_ZSTD) :])
    return None


def _dictionary(coded: int) -> int:
    """Return the size of LZMA2's dictionary (The .xz File Format, 5.3.1)."""
    return (2 | coded & 1) << (coded // 2 + 11) if coded < 40 else (1 << 32) - 1


def _filters(block: bytes) -> tuple[Filter, ...]:
    """Read the header of an xz stream's first block."""
    if len(block) < 2 or not block[0]:
        return ()  # a stream without blocks
    flags, at = block[1], 2
    try:
        for bit in (0x40, 0x80):  # the sizes, packed and not
            if flags & bit:
                _, at = _number(block, at)
        found = []
        for _ in range((flags & 3) + 1):
            name, at = _number(block, at)
            size, at = _number(block, at)
            found.append(Filter(name, block[at : at + size]))
            at += size
    except IndexError:
        return ()
    return tuple(found)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of 7 bits a byte; returns it and what comes after it."""
    value = shift = 0
    while shift < 63:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            break
    return value, at


def _zstd(frame: bytes) -> Packing:
    """Read the header of a zstd frame (RFC 8878, 3.1.1.1)."""
    descriptor = frame[0] if frame else 0
    single = bool(descriptor & 0x20)
    dictionary_size = (0, 1, 2, 4)[descriptor & 3]
    content_size = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    rest = frame[1:].ljust(16, b"\0")
    window = 0
    if not single:
        exponent, mantissa = rest[0] >> 3, rest[0] & 7
        window = (1 << 10 + exponent) // 8 * (8 + mantissa)
        rest = rest[1:]
    dictionary = int.from_bytes(rest[:dictionary_size], "little")
    if single:
        size = rest[dictionary_size : dictionary_size + content_size]
        (window,) = struct.unpack("<Q", size.ljust(8, b"\0"))
        window += 256 if content_size == 2 else 0
    return Packing(packer=Packer.ZSTD, window=window, dictionary=dictionary)
