"""Makes small ELF files, so that a unit test needs no compiler."""

import struct
from collections.abc import Mapping

_NULL = struct.pack("<IIQQQQIIQQ", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def relocatable(sections: Mapping[str, bytes], *, machine: int = 62, kind: int = 1) -> bytes:
    """Return an ELF64 file of these sections; machine 62 is x86-64, kind 1 relocatable."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in (*sections, ".shstrtab"))
    contents = {**sections, ".shstrtab": names}
    body, headers, offset = b"", _NULL, 64
    for name, content in contents.items():
        at = names.index(b"\0" + name.encode() + b"\0") + 1
        what = 7 if name.startswith(".note") else 3 if name == ".shstrtab" else 1
        headers += struct.pack(
            "<IIQQQQIIQQ", at, what, 0, 0, offset + len(body), len(content), 0, 0, 1, 0
        )
        body += content
    count = len(contents) + 1
    head = b"\x7fELF\2\1\1" + bytes(9) + struct.pack(
        "<HHIQQQIHHHHHH", kind, machine, 1, 0, 0, 64 + len(body), 0, 64, 0, 0, 64, count, count - 1
    )  # fmt: skip
    return head + body + headers


def note(owner: str, kind: int, content: bytes) -> bytes:
    """Return an ELF note."""
    name = owner.encode() + b"\0"
    padded = (part + b"\0" * (-len(part) % 4) for part in (name, content))
    return struct.pack("<III", len(name), len(content), kind) + b"".join(padded)


def module(fields: Mapping[str, str] | list[tuple[str, str]], **sections: bytes) -> bytes:
    """Return a module with these .modinfo fields."""
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    modinfo = b"".join(f"{name}={value}".encode() + b"\0" for name, value in pairs)
    more = {f".{name.replace('_', '.')}": content for name, content in sections.items()}
    return relocatable({".modinfo": modinfo, ".gnu.linkonce.this_module": bytes(64), **more})
