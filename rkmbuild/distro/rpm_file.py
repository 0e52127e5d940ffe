"""Reads the header of an .rpm file: what it is called, and which files are in it.

The format: docs/manual/format_*.md of rpm's source. A lead of 96 bytes, the header of signatures,
padded to eight bytes, then the header proper; each of the two is an index of tags and a store.
"""

import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from rkmbuild.base.errors import FetchError

_LEAD = b"\xed\xab\xee\xdb"
_HEADER = b"\x8e\xad\xe8\x01"
_LEAD_SIZE = 96
# Numbers of tags and types: include/rpm/rpmtag.h.
_NAME, _VERSION, _RELEASE, _SIZE, _ARCH = 1000, 1001, 1002, 1009, 1022
_LONG_SIZE, _OLD_FILES, _FOLDER_OF, _BASE, _FOLDERS = 5009, 1027, 1116, 1117, 1118
_INT32, _INT64, _STRING, _STRINGS, _I18N = 4, 5, 6, 8, 9
# A header of a kernel with all its modules has some hundred thousand bytes.
_LARGEST = 256 << 20


class Rpm(NamedTuple):
    """What an .rpm says of itself.

    Attributes:
        name: Its name.
        version: Its version, a dash, and the release of the package.
        architecture: `noarch`, or the machine.
        installed: Bytes that its files take.
        files: Their paths, from the root.
    """

    name: str
    version: str
    architecture: str
    installed: int
    files: tuple[str, ...]


def read(file: Path) -> Rpm:
    """Return what the package `file` says of itself.

    Raises:
        FetchError: it is none, or damaged.
    """
    try:
        with file.open("rb") as content:
            _check_lead(content)
            _header(content)
            content.seek(-content.tell() % 8, 1)
            tags = _header(content)
        return _rpm(tags)
    except OSError as error:
        raise FetchError(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise FetchError(f"{file} is no .rpm package, or damaged: {error}") from None


def _check_lead(content: BinaryIO) -> None:
    if content.read(_LEAD_SIZE)[:4] != _LEAD:
        raise ValueError("it does not begin as one")


def _rpm(tags: dict[int, Any]) -> Rpm:
    files = tags.get(_OLD_FILES, [])
    if _BASE in tags:
        folders = tags[_FOLDERS]
        of = tags[_FOLDER_OF]
        files = [folders[of[n]] + name for n, name in enumerate(tags[_BASE])]
    return Rpm(
        name=tags[_NAME],
        version=f"{tags[_VERSION]}-{tags[_RELEASE]}",
        architecture=tags[_ARCH],
        installed=(tags.get(_LONG_SIZE) or tags.get(_SIZE) or [0])[0],
        files=tuple(files),
    )


def _header(content: BinaryIO) -> dict[int, Any]:
    magic, count, size = struct.unpack(">4s4xII", content.read(16))
    if magic != _HEADER or count * 16 + size > _LARGEST:
        raise ValueError("its header is none")
    index, store = content.read(count * 16), content.read(size)
    if len(store) != size:
        raise ValueError("it is cut off")
    return {
        tag: _value(store, kind, at, many)
        for tag, kind, at, many in struct.iter_unpack(">IIII", index)
    }


def _value(store: bytes, kind: int, at: int, many: int) -> Any:  # noqa: ANN401 - as the tag says
    if kind in (_INT32, _INT64):
        letter, width = ("I", 4) if kind == _INT32 else ("Q", 8)
        return struct.unpack(f">{many}{letter}", store[at : at + many * width])
    if kind in (_STRING, _STRINGS, _I18N):
        texts = []
        for _ in range(many):
            end = store.index(b"\0", at)
            texts.append(store[at:end].decode(errors="surrogateescape"))
            at = end + 1
        return texts[0] if kind == _STRING else texts
    return None
