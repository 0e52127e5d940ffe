"""Functions of a module that BPF programs may call, as its own BTF and `.BTF_ids` name them."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from rkmbuild.kernel.btf.blob import Blob, Kind, Type
from rkmbuild.ko import elf
from rkmbuild.ko.elf import Elf

IDS = ".BTF_ids"
BTF = ".BTF"
BASE = ".BTF.base"
TAG = "bpf_kfunc"
"""What marks such a function; the first of a module's own strings, where they were made here."""
PREFIX = "rkmbuild_kfuncs_"
"""What the symbol of a set begins with; the kind of programs that it is for follows."""

# include/linux/btf.h, up to 7.3; a bit that has no name here is shown as a number.
_FLAGS = (
    "acquire", "release", "ret_null", "kptr_get", "trusted_args", "sleepable", "destructive", "rcu",
    "iter_new", "iter_next", "iter_destroy", "rcu_protected", "fastcall", "arena_ret", "arena_arg1",
    "arena_arg2", "implicit_args", "spinlock_safe", "perfmon",
)  # fmt: skip
_PAIR = struct.Struct("<II")


class FoundSet(NamedTuple):
    """A set of functions that a module gives to one kind of programs.

    Attributes:
        hook: Which kind.
        at: Where its pairs begin in the section.
        pairs: Number and flags of each function, as they stand there.
    """

    hook: str
    at: int
    pairs: list[tuple[int, int]]


class Kfunc(NamedTuple):
    """A function that BPF programs may call.

    Attributes:
        name: Its symbol; empty where the module's types do not have it.
        flags: What the verifier is told of it, as a number.
        hooks: The kinds of programs that may call it.
    """

    name: str
    flags: int
    hooks: tuple[str, ...]

    def words(self) -> list[str]:
        """Return the flags by name."""
        named = [name for bit, name in enumerate(_FLAGS) if self.flags >> bit & 1]
        rest = self.flags >> len(_FLAGS) << len(_FLAGS)
        return named + ([f"{rest:#x}"] if rest else [])


@dataclass(frozen=True)
class OwnTypes:
    """A module's own BTF, where it marks functions for BPF programs as those made here do.

    Attributes:
        blob: All of it.
        types: Its types.
        first: The number of the first of them: that of the kernel's, or of its own base's.
        strings: Bytes of the strings that it builds on.
    """

    blob: Blob
    types: list[Type]
    first: int
    strings: int

    def function(self, number: int) -> str:
        """Return the name of the function of a number; empty where that is none."""
        at = number - self.first
        if not 0 <= at < len(self.types) or self.types[at].kind != Kind.FUNC:
            return ""
        return self.blob.string(self.types[at].name - self.strings)


def sets(file: Elf) -> list[FoundSet]:
    """Return the sets of a module that name their programs; those alone that lie in the section."""
    number = file.find(IDS)
    if not number:
        return []
    content = bytes(file.content(file.sections[number]))
    found = []
    for table in file.sections:
        if table.type != elf.SHT_SYMTAB or table.link >= len(file.sections):
            continue
        names = file.sections[table.link]
        for symbol in file.symbols(table):
            if symbol.shndx != number or symbol.value + 8 > len(content):
                continue
            name = elf.decoded(file.string(names.offset + symbol.name))
            start = symbol.value + 8
            (count,) = struct.unpack_from("<I", content, symbol.value)
            if name.startswith(PREFIX) and start + 8 * count <= len(content):
                pairs = list(_PAIR.iter_unpack(content[start : start + 8 * count]))
                found.append(FoundSet(name.removeprefix(PREFIX), start, pairs))
    return sorted(found, key=lambda each: each.at)


def own_types(file: Elf) -> OwnTypes | None:
    """Return a module's own BTF, if it marks its functions as is done here."""
    number = file.find(BTF, allocated=False)
    try:
        blob = Blob(bytes(file.content(file.sections[number])) if number else b"")
        if not blob.strings.startswith(TAG.encode() + b"\0"):
            return None
        types = list(blob.types())
    except ValueError:
        return None
    for at, found in enumerate(types):
        # A mark refers to the function that stands before it.
        if found.kind == Kind.DECL_TAG and at and types[at - 1].kind == Kind.FUNC:
            return OwnTypes(blob, types, found.value - (at - 1), found.name)
    return None


def read(file: Elf) -> list[Kfunc]:
    """Return the functions of a module that BPF programs may call, as they stand in its sets."""
    found = sets(file)
    known = own_types(file) if found else None
    flags: dict[int, int] = {}
    hooks: dict[int, list[str]] = {}
    for each in found:
        for number, bits in each.pairs:
            flags[number] = flags.get(number, 0) | bits
            hooks.setdefault(number, []).append(each.hook)
    return [
        Kfunc(known.function(number) if known else "", flags[number], tuple(hooks[number]))
        for number in sorted(flags)
    ]
