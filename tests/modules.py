"""Small kernel modules made of nothing: for tests that start no process."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rkmbuild.arch.x86_64 import X86_64
from rkmbuild.kernel.symvers import ExportedSymbol
from rkmbuild.kernel.tree import Kconfig, KernelVersion
from rkmbuild.ko import elf
from rkmbuild.verdict.samples import StructModule
from rkmbuild.verdict.target import Target

LAYOUT = StructModule(size=256, name_at=24, init_at=96, exit_at=200)
VERMAGIC = "6.12.0-test SMP preempt mod_unload modversions "
WA, AX, A = elf.SHF_WRITE | elf.SHF_ALLOC, elf.SHF_EXECINSTR | elf.SHF_ALLOC, elf.SHF_ALLOC
ENDBR = bytes.fromhex("f30f1efa")
# endbr64; xor %eax, %eax; jmp to a relocated place; int3
FUNCTION = ENDBR + bytes.fromhex("31c0 e900000000 cc")
JUMP_AT = len(ENDBR) + 3

_CONFIG = {
    "MODVERSIONS": "y", "MODULE_SIG": "y", "MODULE_FORCE_LOAD": "y", "SMP": "y",
    "PREEMPT_BUILD": "y", "MODULE_UNLOAD": "y", "STRICT_MODULE_RWX": "y", "RANDOMIZE_BASE": "y",
    "MITIGATION_RETPOLINE": "y", "MITIGATION_RETHUNK": "y", "MITIGATION_SLS": "y",
    "X86_KERNEL_IBT": "y", "UNWINDER_ORC": "y", "FRAME_WARN": "2048",
    "CC_VERSION_TEXT": "gcc-12 (Debian 12.2.0-14) 12.2.0",
}  # fmt: skip
_EXPORTS = (
    ExportedSymbol("module_layout", 0x1111, "vmlinux", False, ""),
    ExportedSymbol("_printk", 0x2222, "vmlinux", False, ""),
    ExportedSymbol("gpl_only", 0x3333, "vmlinux", True, ""),
    ExportedSymbol("in_a_space", 0x4444, "vmlinux", False, "A_SPACE"),
    ExportedSymbol("raid_thing", 0x5555, "drivers/md/md-mod", False, ""),
    ExportedSymbol("__x86_return_thunk", 0x6666, "vmlinux", False, ""),
    ExportedSymbol("__kmalloc_noprof", 0x7777, "vmlinux", False, ""),
)


def kernel(version: str = "6.12.0", **config: str) -> Target:
    """A made-up kernel; options set to an empty string are off."""
    options = {name: value for name, value in (_CONFIG | config).items() if value}
    return Target(
        arch=X86_64,
        release=f"{version}-test",
        version=KernelVersion.parse(version),
        config=Kconfig(options),
        vermagic=VERMAGIC.replace("6.12.0", version),
        exports={symbol.name: symbol for symbol in _EXPORTS},
        knows_exports=True,
        struct_module=LAYOUT,
        taken=frozenset({"printk"}),
        signed_by=b"kernel's own key",
        modules=None,
        flags_exports=KernelVersion.parse(version) >= KernelVersion(7, 1),
    )


@dataclass(frozen=True)
class Reloc:
    """A relocation: at `offset`, of `kind`, to the symbol `to`."""

    offset: int
    kind: int
    to: str
    addend: int = 0


@dataclass(frozen=True)
class Sec:
    """A section."""

    name: str
    data: bytes = b""
    flags: int = A
    kind: int = elf.SHT_PROGBITS
    align: int = 1
    relocs: tuple[Reloc, ...] = ()
    size: int | None = None


@dataclass(frozen=True)
class Sym:
    """A symbol in `section`, by name; undefined where that is empty."""

    name: str
    section: str = ""
    value: int = 0
    size: int = 0
    type: int = 0
    binding: int = 1
    shndx: int | None = None


@dataclass(frozen=True)
class Module:
    """All that a module is made of; `bytes()` gives the file."""

    sections: tuple[Sec, ...]
    symbols: tuple[Sym, ...]
    extra: dict[str, int] = field(default_factory=dict)

    def section(self, which: str, /, **changes: object) -> "Module":
        """The same with a section changed."""
        found = tuple(
            replace(sec, **changes) if sec.name == which else sec  # type: ignore[arg-type]
            for sec in self.sections
        )
        return replace(self, sections=found)

    def add(self, *more: Sec | Sym) -> "Module":
        """The same with more sections and symbols."""
        return replace(
            self,
            sections=(*self.sections, *(part for part in more if isinstance(part, Sec))),
            symbols=(*self.symbols, *(part for part in more if isinstance(part, Sym))),
        )

    def __bytes__(self) -> bytes:
        return _built(self)


def modinfo(**fields: str) -> bytes:
    """The contents of a .modinfo section."""
    said = {"license": "GPL", "name": "tiny", "retpoline": "Y", "vermagic": VERMAGIC} | fields
    return b"".join(f"{tag}={value}\0".encode() for tag, value in said.items() if value != "-")


def versions(**crcs: int) -> bytes:
    """The contents of a __versions section."""
    said = {"module_layout": 0x1111, "_printk": 0x2222, "__x86_return_thunk": 0x6666} | crcs
    rows = ((name, crc) for name, crc in said.items() if crc >= 0)
    return b"".join(struct.pack("<Q56s", crc, name.encode()) for name, crc in rows)


def module(**fields: str) -> Module:
    """A module that `kernel()` loads without a word but for its being out of tree."""
    thunk = Reloc(JUMP_AT, 4, "__x86_return_thunk", -4)
    struct_module = bytearray(LAYOUT.size)
    struct_module[LAYOUT.name_at : LAYOUT.name_at + 4] = b"tiny"
    return Module(
        sections=(
            Sec(".text", FUNCTION, AX, align=16, relocs=(thunk,)),
            Sec(".init.text", FUNCTION, AX, align=16, relocs=(thunk,)),
            Sec(".rodata", b"hello\0\0\0" + bytes(8), relocs=(Reloc(8, 1, "_printk"),), align=8),
            Sec(".modinfo", modinfo(**fields)),
            Sec("__versions", versions()),
            Sec(".orc_unwind", bytes(6)),
            Sec(".orc_unwind_ip", bytes(4), relocs=(Reloc(0, 2, "cleanup_module"),), align=4),
            Sec(
                ".gnu.linkonce.this_module",
                bytes(struct_module),
                WA,
                align=64,
                relocs=(
                    Reloc(LAYOUT.init_at, 1, "init_module"),
                    Reloc(LAYOUT.exit_at, 1, "cleanup_module"),
                ),
            ),
            Sec(".bss", b"", WA, elf.SHT_NOBITS, size=16),
        ),
        symbols=(
            Sym("cleanup_module", ".text", 0, len(FUNCTION), elf.STT_FUNC),
            Sym("init_module", ".init.text", 0, len(FUNCTION), elf.STT_FUNC),
            Sym("_printk"),
            Sym("__x86_return_thunk"),
        ),
    )


def grown(kind: int, size: int) -> bytes:
    """A module whose first table of this type goes on for so many bytes."""
    data = bytearray(bytes(module()))
    shoff, shnum = struct.unpack_from("<Q", data, 40)[0], struct.unpack_from("<H", data, 60)[0]
    at = next(
        place
        for place in range(shoff, shoff + 64 * shnum, 64)
        if struct.unpack_from("<I", data, place + 4)[0] == kind
    )
    offset, old = struct.unpack_from("<QQ", data, at + 24)
    # Numbers that are all different take the most memory.
    entry = b"".join(struct.pack("<Q", 1 << 40 | n) for n in range(3 << 15))
    more = entry * (size // len(entry))
    struct.pack_into("<QQ", data, at + 24, len(data), old + len(more))
    return bytes(data) + data[offset : offset + old] + more


def _built(made: Module) -> bytes:
    """Lay a module out: header, contents, relocations, symbols, strings, section headers."""
    names = ["", *(sec.name for sec in made.sections)]
    index = {name: number for number, name in reversed(list(enumerate(names)))}
    strings, symbols, numbers = b"\0", [bytes(24)], {}
    for sym in made.symbols:
        numbers[sym.name] = len(symbols)
        shndx = sym.shndx if sym.shndx is not None else index.get(sym.section, 0)
        info = sym.binding << 4 | sym.type
        symbols.append(struct.pack("<IBBHQQ", len(strings), info, 0, shndx, sym.value, sym.size))
        strings += sym.name.encode() + b"\0"
    body = bytearray(64)
    headers = [bytes(64)]
    shstr = bytearray(b"\0")

    def add(sec: Sec, link: int = 0, info: int = 0, entry: int = 0) -> None:
        name_at = len(shstr)
        shstr.extend(sec.name.encode() + b"\0")
        if sec.name == ".shstrtab":
            sec = replace(sec, data=bytes(shstr))
        body.extend(bytes(-len(body) % max(sec.align, 1)) if sec.align < 4096 else b"")
        size = len(sec.data) if sec.size is None else sec.size
        headers.append(
            struct.pack(
                "<IIQQQQIIQQ",
                name_at,
                sec.kind,
                sec.flags,
                0,
                len(body),
                size,
                link,
                info,
                sec.align,
                entry,
            )
        )
        body.extend(sec.data)

    for sec in made.sections:
        add(sec)
    with_relocs = [sec for sec in made.sections if sec.relocs]
    symtab = len(made.sections) + len(with_relocs) + 1
    for sec in with_relocs:
        rows = _rows(sec.relocs, numbers)
        add(Sec(f".rela{sec.name}", rows, 0x40, elf.SHT_RELA, 8), symtab, index[sec.name], 24)
    add(Sec(".symtab", b"".join(symbols), 0, elf.SHT_SYMTAB, 8), symtab + 1, 1, 24)
    add(Sec(".strtab", strings, 0, elf.SHT_STRTAB))
    add(Sec(".shstrtab", b"", 0, elf.SHT_STRTAB))
    body.extend(bytes(-len(body) % 8))
    values = {"type": 1, "machine": 62, "shentsize": 64, "shnum": len(headers)}
    values |= {"shoff": len(body), "shstrndx": len(headers) - 1} | made.extra
    body[:64] = struct.pack(
        "<4s12sHHIQQQIHHHHHH",
        b"\x7fELF", b"\x02\x01\x01", values["type"], values["machine"], 1, 0, 0, values["shoff"],
        0, 64, 0, 0, values["shentsize"], values["shnum"], values["shstrndx"],
    )  # fmt: skip
    return bytes(body) + b"".join(headers)


def _rows(relocs: Sequence[Reloc], numbers: dict[str, int]) -> bytes:
    return b"".join(
        struct.pack("<QIIq", reloc.offset, reloc.kind, numbers.get(reloc.to, 0), reloc.addend)
        for reloc in relocs
    )
