"""What a module says of itself: the .modinfo fields of a .ko, its machine, its parameters.

The file may be anything a user names, so every size is checked before it is believed.
"""

import io
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from rkmbuild.arch import names
from rkmbuild.base.errors import NotAModuleError
from rkmbuild.kernel.names import MODULE_NAME_LEN, module_name
from rkmbuild.ko import compression

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

# A large driver has some 100 KB of .modinfo (aliases); more than this is not believed.
_MAX_MODINFO = 4 << 20
_MAX_NOTE = 64 << 10
_MAX_NAMES = 16 << 20
_MAX_SECTIONS = 1 << 17

_UNSAFE = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (9, 10)}

# What scripts/sign-file appends after the signature (include/linux/module_signature.h).
_SIGNATURE_MARK = b"~Module signature appended~\n"

# e_machine in the words of `uname -m`.
_MACHINES = {each.elf: each.uname for each in names.ALL}

# kbuild makes a name of a file's name, and the kernel a folder of /sys of the name.
_NAME = re.compile(rf"[A-Za-z0-9_+][A-Za-z0-9_+.-]{{0,{MODULE_NAME_LEN - 2}}}")

# The note that crates/kernel/helpers/note.c puts into each module.
NOTE_OWNER = "rkmbuild"
NOTE_VERSION = 1


@dataclass(frozen=True)
class Parameter:
    """A module parameter.

    Attributes:
        name: Its name.
        kind: As include/linux/moduleparam.h names it: `int`, `bool`, `charp`, `array of int`; empty
            where the module does not say.
        description: MODULE_PARM_DESC, or empty.
    """

    name: str
    kind: str
    description: str


@dataclass(frozen=True, kw_only=True)
class Modinfo:
    """What is known of a .ko without loading it.

    Attributes:
        path: The file.
        fields: All of .modinfo in the file's order; a name may occur many times.
        name: What the kernel will call it: the `name` field, else the file's name.
        machine: In the words of `uname -m`; `EM_...` for one we have no word for.
        little_endian: Byte order.
        vermagic: The kernel and the options it was built for, without space at the end; may be
            empty.
        license: As MODULE_LICENSE says.
        version: As MODULE_VERSION says, or empty.
        depends: Modules that have to be in the kernel first.
        parameters: Sorted by name.
        build_id: The linker's build id in hex digits, or empty.
        rkmbuild: Version of rkmbuild that built it, or None where another tool did.
        signed: Whether a signature is appended.
    """

    path: Path
    fields: tuple[tuple[str, str], ...]
    name: str
    machine: str
    little_endian: bool
    vermagic: str
    license: str
    version: str
    depends: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    build_id: str
    rkmbuild: str | None
    signed: bool

    @property
    def release(self) -> str:
        """The kernel release at the head of the vermagic, or empty."""
        return self.vermagic.partition(" ")[0]

    def field(self, name: str) -> str:
        """Return the first field `name`, or an empty string."""
        return next((value for key, value in self.fields if key == name), "")


def read(ko: Path) -> Modinfo:
    """Read a .ko, .ko.gz, .ko.xz or .ko.zst.

    Raises:
        NotAModuleError: there is no such file, or it is no linked kernel module.
        ToolchainError: it is packed with zstd and there is no `zstd` command.
    """
    if compression.is_compressed(ko):
        return _parsed(ko, io.BytesIO(compression.decompress(ko)))
    with ko.open("rb") as stream:
        return _parsed(ko, stream)


def parse(ko: Path, data: bytes) -> Modinfo:
    """Read a module's bytes, which were or are to be in the file `ko`; raises as `read` does."""
    return _parsed(ko, io.BytesIO(data))


def note(data: bytes, owner: str, kind: int, *, little_endian: bool = True) -> bytes | None:
    """Return the descriptor of the first ELF note of `owner` and type `kind`, or None.

    Args:
        data: A note section, whole (System V ABI, "Note Section"; 4-byte alignment).
        owner: Its name field, without the NUL.
        kind: Its type field.
        little_endian: Byte order of the numbers.
    """
    head = struct.Struct("<III" if little_endian else ">III")
    at = 0
    while at + head.size <= len(data):
        name_size, desc_size, found = head.unpack_from(data, at)
        name_at = at + head.size
        desc_at = name_at + (name_size + 3 & ~3)
        at = desc_at + (desc_size + 3 & ~3)
        if desc_at + desc_size > len(data):
            return None
        name = data[name_at : name_at + name_size].rstrip(b"\0")
        if found == kind and name == owner.encode():
            return data[desc_at : desc_at + desc_size]
    return None


def _parsed(ko: Path, stream: BinaryIO) -> Modinfo:
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - start-up is a feature

    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if stream.read(4) != b"\x7fELF":
        raise NotAModuleError(f"{ko} is not a kernel module: it is no ELF file")
    stream.seek(0)
    try:
        return _described(ko, ELFFile(stream), stream, size)
    except NotAModuleError:
        raise
    except Exception as error:  # noqa: BLE001 - see below
        # On damaged files pyelftools raises not only ELFError, but whatever the damage leads to:
        # KeyError, AttributeError, struct and construct errors, OverflowError, RecursionError.
        raise NotAModuleError(f"{ko} is a damaged ELF file ({type(error).__name__})") from None


def _described(ko: Path, elf: "ELFFile", stream: BinaryIO, size: int) -> Modinfo:
    if elf["e_type"] != "ET_REL":
        raise NotAModuleError(f"{ko} is not a kernel module: it is no relocatable object")
    count = elf.num_sections()
    if count > _MAX_SECTIONS or count * elf["e_shentsize"] + elf["e_shoff"] > size:
        raise NotAModuleError(f"{ko} is a damaged ELF file: it has no whole section table")
    sections = _sections(elf, stream, size)
    if ".modinfo" not in sections or ".gnu.linkonce.this_module" not in sections:
        raise NotAModuleError(
            f"{ko} is not a kernel module: it does not have the sections of one",
            hint="an object file becomes a module when kbuild links it: rkmbuild build",
        )
    little_endian = bool(elf.little_endian)
    fields = tuple(_fields(_content(stream, sections[".modinfo"], _MAX_MODINFO)))

    def noted(section: str, owner: str, kind: int) -> bytes | None:
        content = _content(stream, sections[section], _MAX_NOTE) if section in sections else b""
        return note(content, owner, kind, little_endian=little_endian)

    build_id = noted(".note.gnu.build-id", "GNU", 3)
    made_by = noted(".note.rkmbuild", NOTE_OWNER, NOTE_VERSION)
    first = dict(reversed(fields))
    name = first.get("name") or module_name(ko.name.partition(".ko")[0])
    if not _NAME.fullmatch(name):
        raise NotAModuleError(f"{ko} is not a kernel module: no module can be called {name!r}")
    machine = str(elf["e_machine"])
    stream.seek(max(0, size - len(_SIGNATURE_MARK)))
    return Modinfo(
        path=ko,
        fields=fields,
        name=name,
        machine=_MACHINES.get(machine, machine),
        little_endian=little_endian,
        vermagic=first.get("vermagic", "").rstrip(),
        license=first.get("license", ""),
        version=first.get("version", ""),
        depends=tuple(name for name in first.get("depends", "").split(",") if name),
        parameters=_parameters(fields),
        build_id=(build_id or b"").hex(),
        rkmbuild=None if made_by is None else made_by.rstrip(b"\0").decode(errors="replace"),
        signed=stream.read() == _SIGNATURE_MARK,
    )


def _sections(elf: "ELFFile", stream: BinaryIO, size: int) -> dict[str, Any]:
    """Return the headers of sections that lie within the file, by name; the first one of a name."""
    found: dict[str, Any] = {}
    # The library's public iterator reads more of each section than its header, and a module built
    # with function sections has thousands.
    names = _content(stream, elf._get_section_header(elf.get_shstrndx()), _MAX_NAMES)
    for index in range(elf.num_sections()):
        header = elf._get_section_header(index)
        if header["sh_type"] == "SHT_NOBITS" or header["sh_offset"] + header["sh_size"] > size:
            continue
        start = header["sh_name"]
        name = names[start : names.find(b"\0", start)]
        found.setdefault(name.decode(errors="replace"), header)
    return found


def _content(stream: BinaryIO, header: Any, limit: int) -> bytes:  # noqa: ANN401 - untyped library
    stream.seek(header["sh_offset"])
    return stream.read(min(header["sh_size"], limit))


def _fields(data: bytes) -> Iterator[tuple[str, str]]:
    for item in data.split(b"\0"):
        # What is shown on a terminal must not steer it.
        text = item.decode(errors="replace").translate(_UNSAFE)
        name, equals, value = text.partition("=")
        if equals:
            yield name, value


def _parameters(fields: tuple[tuple[str, str], ...]) -> tuple[Parameter, ...]:
    kinds: dict[str, str] = {}
    descriptions: dict[str, str] = {}
    for key, value in fields:
        name, colon, rest = value.partition(":")
        if colon and key == "parmtype":
            kinds[name] = rest
        elif colon and key == "parm":
            descriptions[name] = rest
    return tuple(
        Parameter(name, kinds.get(name, ""), descriptions.get(name, ""))
        for name in sorted(kinds | descriptions)
    )
