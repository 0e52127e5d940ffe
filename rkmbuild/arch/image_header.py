"""The header of a bootable image, as far as it says which kernel is in it."""

import struct

# Documentation/arch/x86/boot.rst, the same from 2.6 on: the header begins at 0x1f1 with its magic
# at 0x202; kernel_version, at 0x20e, leads to a string 0x200 bytes before what it says.
_MAGIC = b"HdrS"
_MAGIC_AT = 0x202
_VERSION_AT = 0x20E
_VERSION_BASE = 0x200
SIZE = 0x8200
"""Bytes of an image in which all of this lies: the field has 16 bits."""


def release(head: bytes) -> str | None:
    """Return what `uname -r` says under the kernel of an image, or None where it does not say.

    Args:
        head: The image's first `SIZE` bytes.
    """
    if head[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] != _MAGIC:
        return None
    (place,) = struct.unpack_from("<H", head, _VERSION_AT)
    if not place:
        return None
    # "6.12.117+deb12-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP ..."
    text = head[_VERSION_BASE + place :].partition(b"\0")[0].partition(b" ")[0]
    return text.decode(errors="replace") or None
