"""What is inside a bootable image for x86_64, and whether qemu starts it without the rest."""

import struct

_PAYLOAD_AT = 0x248
_SETUP_SECTORS_AT = 0x1F1
_MAGIC, _MAGIC_AT = b"HdrS", 0x202
_GZIP = b"\x1f\x8b"

# elf.h; include/xen/interface/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY
_PT_NOTE = 4
_PHYS32_ENTRY = 18


def payload(image: bytes) -> bytes | None:
    """Return the packed kernel in an image, or None where there is none.

    An image unpacks itself when it is started, which takes an emulated processor a second.

    Documentation/arch/x86/boot.rst: `setup_sects`, and from version 2.08 on `payload_offset` and
    `payload_length`. The build puts the unpacked length behind what is packed (size_append of
    scripts/Makefile.lib); gzip ends with it anyway.
    """
    if image[_MAGIC_AT : _MAGIC_AT + len(_MAGIC)] != _MAGIC or len(image) < _PAYLOAD_AT + 8:
        return None
    offset, length = struct.unpack_from("<II", image, _PAYLOAD_AT)
    start = ((image[_SETUP_SECTORS_AT] or 4) + 1) * 512 + offset
    packed = image[start : start + length]
    if not offset or len(packed) != length or length <= 4:
        return None
    return packed if packed.startswith(_GZIP) else packed[:-4]


def starts_by_itself(kernel: bytes) -> bool:
    """Tell whether qemu can start an unpacked kernel: it has the note of CONFIG_PVH.

    qemu looks for the note in the file (hw/i386/x86.c, load_elfboot), and hands memory map, initrd
    and command line over as arch/x86/platform/pvh/enlighten.c reads them.

    Args:
        kernel: The file's bytes, an ELF file where it is a kernel.
    """
    if kernel[:6] != b"\x7fELF\x02\x01":
        return False
    try:
        (headers,) = struct.unpack_from("<Q", kernel, 32)
        size, count = struct.unpack_from("<HH", kernel, 54)
        for number in range(count):
            kind, _, offset, _, _, length = struct.unpack_from(
                "<IIQQQQ", kernel, headers + number * size
            )
            if kind == _PT_NOTE and _has_entry(kernel[offset : offset + length]):
                return True
    except struct.error:
        return False
    return False


def _has_entry(notes: bytes) -> bool:
    position = 0
    while position + 12 <= len(notes):
        name_size, size, kind = struct.unpack_from("<III", notes, position)
        name = notes[position + 12 : position + 12 + name_size]
        if kind == _PHYS32_ENTRY and name == b"Xen\0":
            return True
        position += 12 + (name_size + 3 & ~3) + (size + 3 & ~3)
    return False
