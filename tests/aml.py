"""ACPI tables that describe a device, made without a compiler: the few words of AML that it takes.

The bytes are those of the ACPI specification, release 6.5, chapter 20, "ACPI Machine Language".
"""

import struct
import uuid
from collections.abc import Mapping

# What a _DSD's package of names and values begins with (UEFI forum, "_DSD Device Properties").
_PROPERTIES = uuid.UUID("daffd814-6eba-4d8c-8a91-bc9bbf4aa301")
_NAME, _BYTE, _DWORD, _STRING = b"\x08", b"\x0a", b"\x0c", b"\x0d"
_SCOPE, _BUFFER, _PACKAGE, _DEVICE = b"\x10", b"\x11", b"\x12", b"\x5b\x82"
# Memory32Fixed, 9 bytes of it, that can be written; and the end tag, without a checksum.
_MEMORY, _END_TAG = b"\x86\x09\x00\x01", b"\x79\x00"
_SSDT = struct.Struct("<4sIBB6s8sI4sI")


def device(hardware: str, memory: tuple[int, int], properties: Mapping[str, str]) -> bytes:
    """Return a table (an SSDT) with one device in it.

    Args:
        hardware: Its name, `_HID`, by which drivers know it.
        memory: Where its registers are, and how many bytes they are.
        properties: What is said of it in its `_DSD`.
    """
    pairs = [_package(_text(key) + _text(value), 2) for key, value in properties.items()]
    said = _buffer(_PROPERTIES.bytes_le) + _package(b"".join(pairs), len(pairs))
    resources = _MEMORY + struct.pack("<II", *memory) + _END_TAG
    body = (
        _name("_HID", _text(hardware))
        + _name("_UID", _BYTE + b"\x01")
        + _name("_STA", _BYTE + b"\x0f")
        + _name("_CRS", _buffer(resources))
        + (_name("_DSD", _package(said, 2)) if pairs else b"")
    )
    inner = _DEVICE + _sized(b"RKM0" + body)
    return _table(_SCOPE + _sized(b"\\_SB_" + inner))


def _table(code: bytes) -> bytes:
    def head(checksum: int) -> bytes:
        size = _SSDT.size + len(code)
        return _SSDT.pack(b"SSDT", size, 2, checksum, b"RKMBLD", b"RKMBUILD", 1, b"RKMB", 1)

    return head(-sum(head(0) + code) % 256) + code


def _name(name: str, value: bytes) -> bytes:
    return _NAME + name.encode() + value


def _text(text: str) -> bytes:
    return _STRING + text.encode() + b"\x00"


def _buffer(data: bytes) -> bytes:
    return _BUFFER + _sized(_BYTE + bytes([len(data)]) + data)


def _package(elements: bytes, count: int) -> bytes:
    return _PACKAGE + _sized(bytes([count]) + elements)


def _sized(data: bytes) -> bytes:
    """Return data behind its length, which counts itself: PkgLength, of one byte or two."""
    if len(data) < 0x3F:
        return bytes([len(data) + 1]) + data
    size = len(data) + 2
    return bytes([0x40 | size & 0xF, size >> 4]) + data
