"""The types of one kernel by name, which is what a module's own BTF builds on.

They have to be those of the very build: in another one of the same sources all numbers may differ.
"""

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from rkmbuild.arch import architectures
from rkmbuild.base import cache, files
from rkmbuild.base.errors import KernelError, RkmbuildError
from rkmbuild.kernel import packed_image
from rkmbuild.kernel.btf.blob import Blob, Kind
from rkmbuild.kernel.tree import KernelTree, Origin
from rkmbuild.toolchain.remembered import remembered

_RUNNING = Path("sys/kernel/btf/vmlinux")
_SECTION = b".BTF"
_ELF = b"\x7fELF"
_SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")


@dataclass(frozen=True, kw_only=True)
class Base:
    """What a kernel's BTF has that a module's own builds on.

    Attributes:
        file: Where it was found.
        types: How many types there are, `void` among them: the number of the next one.
        strings: Bytes of its strings.
        structs: Number and size of each structure of a name, in their order.
    """

    file: Path
    types: int
    strings: int
    structs: dict[str, list[tuple[int, int]]]


def find(tree: KernelTree, root: Path = Path("/")) -> Base | None:
    """Return the types of a kernel, or None where none of its files has them.

    Args:
        tree: The kernel.
        root: Where the machine's /sys is.

    Raises:
        KernelError: a file that has to have them is damaged.
        ToolchainError, MachineError: the kernel's image could not be unpacked.
    """
    failure: RkmbuildError | None = None
    for file in _places(tree, root):
        try:
            known = remembered("types of BTF", [file], partial(_read, file, tree))
        except OSError as error:
            failure = KernelError(f"cannot read the types in {file}: {error.strerror}")
        except RkmbuildError as error:
            failure = error
        else:
            if known:
                structs = {
                    name: [(number, size) for number, size in each]
                    for name, each in known["structs"].items()
                }
                return Base(
                    file=file, types=known["types"], strings=known["strings"], structs=structs
                )
    if failure:
        raise failure
    return None


def get(tree: KernelTree, root: Path = Path("/")) -> Base:
    """Return the types of a kernel.

    Raises:
        KernelError: none of its files has them.
        ToolchainError, MachineError: the kernel's image could not be unpacked.
    """
    found = find(tree, root)
    if found is None:
        raise KernelError(
            f"the types of {tree.release} (BTF) were not found, which its BPF functions build on",
            hint="they are in vmlinux beside the headers, in the kernel's image and, where the "
            f"kernel runs, in /{_RUNNING}: `rkmbuild kernel fetch` gets headers with an image, and "
            "`rkmbuild kernel add PATH --image FILE` names one",
        )
    return found


def contents(tree: KernelTree, root: Path = Path("/")) -> bytes | None:
    """Return the BTF of a kernel, or None where none of its files has it.

    Raises:
        ToolchainError, MachineError: the kernel's image could not be unpacked.
        OSError: a file could not be read.
    """
    found = (_contents(file, tree) for file in _places(tree, root))
    return next((data for data in found if data is not None), None)


def _places(tree: KernelTree, root: Path) -> Iterator[Path]:
    if files.is_file(tree.build / "vmlinux"):
        yield tree.build / "vmlinux"
    # What a user fetched may be another build under the name of the running one.
    own = tree.origin in (Origin.RUNNING, Origin.INSTALLED)
    if own and tree.release == os.uname().release and files.is_file(root / _RUNNING):
        yield root / _RUNNING
    if tree.image and files.is_file(tree.image):
        yield tree.image


def _read(file: Path, tree: KernelTree) -> dict[str, Any]:
    """Return what `Base` has, as JSON; nothing where the file has no BTF."""
    data = _contents(file, tree)
    if data is None:
        return {}
    try:
        blob = Blob(data)
        structs: dict[str, list[tuple[int, int]]] = {}
        number = 0
        for number, found in enumerate(blob.types(), 1):
            if found.kind == Kind.STRUCT and found.name:
                structs.setdefault(blob.string(found.name), []).append((number, found.value))
    except ValueError as error:
        raise KernelError(f"the types in {file} cannot be read: {error}") from None
    return {
        "types": number + 1,
        "strings": len(blob.strings),
        "structs": structs,
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _contents(file: Path, tree: KernelTree) -> bytes | None:
    with file.open("rb") as stream:
        head = stream.read(4)
        if head == _ELF:
            return _section(stream)
        if head[:2] == b"\x9f\xeb":
            stream.seek(0)
            return stream.read()
    payload = architectures.of(tree.arch).guest.payload
    packed = payload(file.read_bytes()) if payload else None
    if packed is None:
        return None
    with cache.temporary() as folder:
        plain = folder / "vmlinux"
        if not packed_image.unpack(packed, plain):
            return None
        with plain.open("rb") as stream:
            return _section(stream)


def _section(stream: BinaryIO) -> bytes | None:
    """Return the section `.BTF` of an ELF64 file, without reading the rest of it."""
    stream.seek(0)
    head = stream.read(64)
    if len(head) < 64 or not head.startswith(_ELF):
        return None
    (table,) = struct.unpack_from("<Q", head, 40)
    size, count, names = struct.unpack_from("<HHH", head, 58)
    stream.seek(table)
    rows = stream.read(size * count)
    if size != _SECTION_HEADER.size or len(rows) < size * count or names >= count:
        return None
    sections = list(_SECTION_HEADER.iter_unpack(rows))
    stream.seek(sections[names][4])
    strings = stream.read(sections[names][5])
    for name, _, _, _, offset, length, *_ in sections:
        if strings[name:].startswith(_SECTION + b"\0"):
            stream.seek(offset)
            return stream.read(length)
    return None
