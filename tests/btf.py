"""The kernel's own account of its types, BTF, as far as layouts are concerned.

pahole wrote it from what the kernel's own compiler said when the kernel was built: a witness that
knows neither bindgen nor the compiler of this machine. Documentation/bpf/btf.rst has the format.
"""

import struct
from collections import defaultdict
from dataclasses import dataclass

from rkmbuild.kernel.btf import base
from rkmbuild.kernel.tree import KernelTree

_MAGIC = 0xEB9F
_INT, _ARRAY, _STRUCT, _UNION, _ENUM, _FUNC_PROTO, _VAR, _DATASEC = 1, 3, 4, 5, 6, 13, 14, 15
_DECL_TAG, _ENUM64 = 17, 19


@dataclass(frozen=True)
class Layout:
    """A structure or union of the kernel.

    Attributes:
        size: In bytes.
        members: Names, and where each begins in bits, and how many a bit-field has (else 0).
    """

    size: int
    members: tuple[tuple[str, int, int], ...]


def of_kernel(tree: KernelTree) -> dict[str, list[Layout]]:
    """Return the structures with a name of a kernel: of each name all that there are."""
    data = base.contents(tree)
    assert data is not None, f"{tree.release} has no BTF"
    return read(data)


def read(data: bytes) -> dict[str, list[Layout]]:
    """Read the contents of a section `.BTF`."""
    magic, _, _, header, types, length, strings, _ = struct.unpack_from("<HBBIIIII", data)
    assert magic == _MAGIC
    text = data[header + strings :]
    found: dict[str, list[Layout]] = defaultdict(list)
    position, end = header + types, header + types + length
    while position < end:
        name, info, size = struct.unpack_from("<III", data, position)
        position += 12
        kind, count, flag = info >> 24 & 0x1F, info & 0xFFFF, info >> 31
        if kind in (_STRUCT, _UNION):
            if name:
                found[_string(text, name)].append(
                    Layout(size, tuple(_members(data, position, count, flag, text)))
                )
            position += 12 * count
        else:
            each = {_ENUM: 8, _FUNC_PROTO: 8, _DATASEC: 12, _ENUM64: 12}.get(kind, 0)
            once = {_INT: 4, _ARRAY: 12, _VAR: 4, _DECL_TAG: 4}.get(kind, 0)
            position += each * count + once
    return found


def _members(
    data: bytes, position: int, count: int, flag: int, text: bytes
) -> list[tuple[str, int, int]]:
    made = []
    for number in range(count):
        name, _, offset = struct.unpack_from("<III", data, position + 12 * number)
        bits, bit = (offset >> 24, offset & 0xFFFFFF) if flag else (0, offset)
        made.append((_string(text, name), bit, bits))
    return made


def _string(text: bytes, offset: int) -> str:
    return text[offset : text.index(b"\0", offset)].decode()
