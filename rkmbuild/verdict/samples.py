"""What a kernel's own modules tell of it that its headers do not: how struct module is laid out."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rkmbuild.arch.arch import Arch
from rkmbuild.base.errors import NotAModuleError
from rkmbuild.ko import compression, elf, strings
from rkmbuild.ko.signature import Signature, split

# Smaller ones are tried first as a sample; the largest of a distribution take a second to unpack.
_MOST_BYTES = 200 << 10
_AT_MOST = 40
THIS_MODULE = ".gnu.linkonce.this_module"


@dataclass(frozen=True, kw_only=True)
class StructModule:
    """How this kernel lays out struct module, learnt from one of its own modules.

    Attributes:
        size: sizeof(struct module), in bytes.
        name_at: Offset of its `name`, which has `MODULE_NAME_LEN` bytes.
        init_at: Offset of the pointer `init`.
        exit_at: Offset of the pointer `exit`.
    """

    size: int
    name_at: int
    init_at: int
    exit_at: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What one of a kernel's own modules tells of it.

    Attributes:
        vermagic: The kernel's version magic.
        layout: Its struct module.
        signature: The module's signature, or None.
    """

    vermagic: str
    layout: StructModule
    signature: Signature | None


def read(modules: Path, arch: Arch) -> Iterator[Sample]:
    """Read some of the kernel's own modules until one has both an init and an exit function."""
    tried = 0
    for folder, folders, names in os.walk(modules / "kernel"):
        folders.sort()
        for name in sorted(names):
            place = Path(folder) / name
            if ".ko" not in name or place.stat().st_size > _MOST_BYTES:
                continue
            tried += 1
            found = _sample(place, arch)
            if found:
                yield found
            if tried >= _AT_MOST:
                return


def _sample(place: Path, arch: Arch) -> Sample | None:
    try:
        body, appended = split(compression.decompress(place))
    except NotAModuleError:
        return None
    if len(body) < elf.HEADER_SIZE:
        return None
    file = elf.Elf(body)
    index = file.find(THIS_MODULE)
    fields = strings.modinfo(file, file.find(".modinfo"))
    if not index or "vermagic" not in fields:
        return None
    targets = [
        offset
        for section in file.sections
        if section.type == elf.SHT_RELA and section.info == index
        for offset, kind, _, _ in file.relocations(section).rows()
        if kind == arch.relocations.pointer
    ]
    if len(targets) != 2:
        return None
    content = bytes(file.content(file.sections[index]))
    name = fields.get("name", [""])[0]
    return Sample(
        vermagic=fields["vermagic"][0],
        layout=StructModule(
            size=file.sections[index].size,
            name_at=max(content.find(name.encode() + b"\0"), 0),
            # struct module has `init` before `exit` (include/linux/module.h)
            init_at=min(targets),
            exit_at=max(targets),
        ),
        signature=appended.signature if appended else None,
    )
