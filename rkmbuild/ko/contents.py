"""What is in a module: the facts, without judging them."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from rkmbuild.base.errors import NotAModuleError
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.ko import demangle, elf, filled, kfuncs, signature, strings
from rkmbuild.ko.elf import Elf, Symbol, decoded
from rkmbuild.ko.filled import Filled
from rkmbuild.ko.kfuncs import Kfunc
from rkmbuild.ko.signature import Signature

_KINDS = {
    0: "NULL",
    1: "PROGBITS",
    2: "SYMTAB",
    3: "STRTAB",
    4: "RELA",
    7: "NOTE",
    8: "NOBITS",
    9: "REL",
}
# Types that Rust has of itself: an impl for one belongs to the crate of the trait.
_PRIMITIVE = re.compile(
    r"(?:[&*]|mut |const |dyn )*(?:[iuf]\d+|[iu]size|bool|char|str|\(|\[|fn\b|!|[A-Z]\w*$|_$)"
)
_CRATE = re.compile(r"([A-Za-z_]\w*)::")
# A name that Rust gave, once demangled, has a path; a C function's has none.
C = "C"


@dataclass(frozen=True, kw_only=True)
class SectionFact:
    """A section.

    Attributes:
        name: Its name.
        kind: Its type, as `PROGBITS`.
        size: Bytes, in memory.
        flags: As readelf writes them: `WA`, `AX`.
    """

    name: str
    kind: str
    size: int
    flags: str


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function.

    Attributes:
        name: As the source has it.
        crate: The crate it comes from, or `C`.
        section: Where it is.
        size: Bytes.
    """

    name: str
    crate: str
    section: str
    size: int


# Who exports a symbol, where that is not known.
_UNKNOWN = "?"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is in a module.

    Attributes:
        file: The file, as it was named.
        size: Bytes of it, unpacked.
        modinfo: Its .modinfo fields, each with its values.
        sections: Its sections.
        functions: Its functions, the largest first.
        exports: Symbols that it exports.
        imports: Symbols that it imports, by the module that exports them; `vmlinux` for the kernel
            itself, `?` where that is not known.
        filled: The sections that relocations fill.
        common: Symbols that a linker was to find room for, with their bytes.
        symbols: How many symbols there are.
        signature: Who signed it, or None.
        kfuncs: Its functions that BPF programs may call.
    """

    file: str
    size: int
    modinfo: Mapping[str, list[str]]
    sections: tuple[SectionFact, ...]
    functions: tuple[Function, ...]
    exports: tuple[str, ...]
    imports: Mapping[str, tuple[str, ...]]
    filled: tuple[Filled, ...]
    common: Mapping[str, int]
    symbols: int
    signature: Signature | None
    kfuncs: tuple[Kfunc, ...] = ()

    @property
    def relocations(self) -> dict[str, int]:
        """How many relocations there are of each type, for what is loaded."""
        return filled.by_type(self.filled)

    @property
    def nobits(self) -> dict[str, int]:
        """Sections that have no bytes in the file, for zeros, and how many there are to be."""
        return {each.name: each.size for each in self.sections if each.kind == "NOBITS"}

    @property
    def crates(self) -> dict[str, int]:
        """Bytes of code by crate, the largest first."""
        sizes: Counter[str] = Counter()
        for function in self.functions:
            sizes[function.crate] += function.size
        return dict(sizes.most_common())

    def with_exports(self, exports: Mapping[str, ExportedSymbol]) -> "Facts":
        """Return the same with imports by who exports them.

        Args:
            exports: What the module's kernel exports; empty where that is not known.
        """
        found: dict[str, list[str]] = {}
        for name in (name for names in self.imports.values() for name in names):
            known = exports.get(name)
            found.setdefault(known.module if known else _UNKNOWN, []).append(name)
        imports = {provider: tuple(sorted(found[provider])) for provider in sorted(found)}
        return replace(self, imports=imports)

    def document(self) -> dict[str, Any]:
        """Return it as JSON can say it."""
        signed = self.signature
        return {
            "file": self.file,
            "size": self.size,
            "modinfo": dict(self.modinfo),
            "sections": [vars(section) for section in self.sections],
            "functions": [vars(function) for function in self.functions],
            "crates": self.crates,
            "exports": list(self.exports),
            "imports": {name: list(symbols) for name, symbols in self.imports.items()},
            "relocations": self.relocations,
            "relocation_sections": [each.document() for each in self.filled],
            "nobits": self.nobits,
            "common": dict(self.common),
            "symbols": self.symbols,
            "signature": signed
            and {"signer": signed.signer, "key": signed.key.hex(), "hash": signed.hash},
            "kfuncs": [
                {"name": each.name or None, "flags": each.words(), "hooks": list(each.hooks)}
                for each in self.kfuncs
            ],
        }


def read(data: bytes, *, name: str) -> Facts:
    """Read the bytes of a module.

    Args:
        data: The module, unpacked.
        name: What to call the file.

    Raises:
        NotAModuleError: it is no relocatable ELF64 file with a section table.
    """
    body, appended = signature.split(data)
    if len(body) < elf.HEADER_SIZE or body[:4] != elf.MAGIC:
        raise NotAModuleError(f"{name} is not a kernel module: it is no ELF file")
    if body[elf.EI_CLASS : elf.EI_CLASS + 2] != elf.CLASS64_LITTLE:
        raise NotAModuleError(f"{name} cannot be read: it is no ELF64 file of little-endian order")
    file = Elf(body)
    if file.header.type != elf.ET_REL or not file.sections:
        raise NotAModuleError(f"{name} is not a kernel module: it is no relocatable object")
    table = next((s for s in file.sections if s.type == elf.SHT_SYMTAB), None)
    symbols = file.symbols(table) if table else []
    names = _names(file, table, symbols) if table else []
    return Facts(
        file=name,
        size=len(data),
        modinfo=strings.modinfo(file, file.find(".modinfo", allocated=False)),
        sections=tuple(_section(file, number) for number in range(1, len(file.sections))),
        functions=_functions(file, symbols, names),
        exports=tuple(
            sorted(n.removeprefix("__ksymtab_") for n in names if n.startswith("__ksymtab_"))
        ),
        imports=_imports(symbols, names),
        filled=filled.read(file),
        common=filled.common(symbols, names),
        symbols=len(symbols),
        signature=appended.signature if appended else None,
        kfuncs=tuple(kfuncs.read(file)),
    )


def _names(file: Elf, table: elf.Section, symbols: list[Symbol]) -> list[str]:
    if not 0 < table.link < len(file.sections):
        return ["" for _ in symbols]
    strings_at = file.sections[table.link].offset
    return [decoded(file.string(strings_at + symbol.name)) for symbol in symbols]


def _section(file: Elf, number: int) -> SectionFact:
    section = file.sections[number]
    letters = {elf.SHF_WRITE: "W", elf.SHF_ALLOC: "A", elf.SHF_EXECINSTR: "X"}
    return SectionFact(
        name=file.names[number],
        kind=_KINDS.get(section.type, f"{section.type:#x}"),
        size=section.size,
        flags="".join(letter for bit, letter in letters.items() if section.flags & bit),
    )


def _functions(file: Elf, symbols: list[Symbol], names: list[str]) -> tuple[Function, ...]:
    found = [
        (symbol, name)
        for symbol, name in zip(symbols, names, strict=True)
        if symbol.type == elf.STT_FUNC and 0 < symbol.shndx < len(file.sections) and symbol.size
    ]
    plain = demangle.demangle([name for _, name in found])
    functions = [
        Function(
            name=text,
            crate=crate(text) if text != name else C,
            section=file.names[symbol.shndx],
            size=symbol.size,
        )
        for (symbol, name), text in zip(found, plain, strict=True)
    ]
    return tuple(sorted(functions, key=lambda function: (-function.size, function.name)))


def crate(name: str) -> str:
    """Return the crate that a demangled Rust function comes from.

    For `<T as Trait>::f` that is T's, and the trait's where T is the language's own.
    """
    inner = name
    if name.startswith("<"):
        kind, as_, trait = name[1:].partition(" as ")
        inner = trait if as_ and _PRIMITIVE.match(kind) and "::" not in kind else kind
    found = _CRATE.search(inner) or _CRATE.search(name)
    return found[1] if found else C


def _imports(symbols: list[Symbol], names: list[str]) -> dict[str, tuple[str, ...]]:
    found = [
        name
        for symbol, name in zip(symbols[1:], names[1:], strict=True)
        if symbol.shndx == elf.SHN_UNDEF
    ]
    return {_UNKNOWN: tuple(sorted(found))} if found else {}
