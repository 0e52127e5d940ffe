"""Modules that break one rule of the loader each.

Each function takes the whole module and gives the damaged one. The names say what is done; what
follows from it is for `check` to say and for the kernel to confirm.
"""

import struct
from collections.abc import Callable, Iterator

from rkmbuild.ko import elf
from tests.corpus.editor import Editor

Damage = Callable[[Editor], object]

THIS = ".gnu.linkonce.this_module"
WX = elf.SHF_WRITE | elf.SHF_EXECINSTR | elf.SHF_ALLOC
SIGNED = b"~Module signature appended~\n"
TYPES = (3, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 30, 36, 37, 41,
         42, 43, 255, 0xFFFFFFFF)  # fmt: skip
WHOLE = {
    "empty": 0, "one-byte": 1, "magic-only": 4, "header-less-one": 63, "header": 64, "page": 4096,
}  # fmt: skip
SPECIAL = (
    "__param", "__ksymtab", "__ksymtab_gpl", "__kflagstab", "__mcount_loc", "__ex_table",
    "__bug_table", "__jump_table", ".smp_locks", ".return_sites", ".retpoline_sites", ".call_sites",
    ".orc_unwind_ip", ".altinstructions", ".ibt_endbr_seal",
)  # fmt: skip


def singles(module: bytes) -> Iterator[tuple[str, bytes]]:
    """Give a name and a file for each rule broken singly; what this module has not is left out."""
    yield "as-built", module
    for name, size in WHOLE.items():
        yield f"cut-{name}", module[:size]
    for part in (2, 3, 10):
        yield f"cut-one-{part}th", module[: len(module) - len(module) // part]
    yield "cut-last-byte", module[:-1]
    yield "more-behind", module + b"x" * 100
    for name, footer in _signatures(len(module)):
        yield name, module + footer + SIGNED
    for name, damage in [*_headers(), *_sections(), *_metadata(), *_symbols(), *_relocations()]:
        editor = Editor(module)
        try:
            damage(editor)
        except KeyError:
            continue
        yield name, bytes(editor.data)


def _signatures(size: int) -> Iterator[tuple[str, bytes]]:
    yield "signature-marker-only", b""
    yield "signature-too-large", bytes(2) + b"\2" + bytes(5) + struct.pack(">I", size + 100)
    yield "signature-garbage", b"\x30" * 64 + bytes(2) + b"\2" + bytes(5) + struct.pack(">I", 64)
    yield "signature-zeros", bytes(64) + bytes(2) + b"\2" + bytes(5) + struct.pack(">I", 64)
    yield "signature-empty", bytes(2) + b"\2" + bytes(5) + struct.pack(">I", 0)
    yield "signature-pgp", bytes(64) + bytes(2) + b"\0" + bytes(5) + struct.pack(">I", 64)
    for at in (0, 1, 3, 4, 5, 7):
        head = bytearray(b"\0\0\2\0\0\0\0\0")
        head[at] = 1
        yield f"signature-byte-{at}", bytes(64) + bytes(head) + struct.pack(">I", 64)


def _headers() -> Iterator[tuple[str, Damage]]:
    for at in range(4):
        yield f"magic-{at}", lambda e, at=at: e.put(at, b"x")  # type: ignore[misc]
    fields: dict[str, tuple[int, ...]] = {
        "class": (0, 1), "data": (2,), "type": (0, 2, 3, 4), "machine": (0, 3, 40, 183, 243),
        "shoff": (0, 1, 1 << 20, 1 << 63, (1 << 64) - 1), "shentsize": (0, 40, 63, 65),
        "shnum": (0, 1, 2, 500, 65535), "shstrndx": (0, 1, 500, 65535),
    }  # fmt: skip
    for field, values in fields.items():
        for value in values:
            yield (
                f"header-{field}-{value}",
                lambda e, field=field, value=value: e.header(**{field: value}),  # type: ignore[misc]
            )


def _sections() -> Iterator[tuple[str, Damage]]:
    for field in ("type", "addr", "size", "flags", "offset", "link"):
        yield f"zero-{field}", lambda e, f=field: e.section(0, **{f: 1})  # type: ignore[misc]
    for name in (".text", ".comment", ".symtab", ".strtab", ".shstrtab", ".modinfo", THIS):
        for change, value in (("offset", 1 << 20), ("offset", (1 << 64) - 8), ("size", 1 << 40)):
            yield (
                f"{name}-{change}-{value:#x}",
                lambda e, n=name, c=change, v=value: e.section(n, **{c: v}),  # type: ignore[misc]
            )
        for value in (0xFFFF, 0xFFFFFFFF):
            yield (
                f"{name}-name-{value:#x}",
                lambda e, n=name, v=value: e.section(n, name=v),  # type: ignore[misc]
            )
    yield "names-empty", lambda e: e.section(".shstrtab", size=0)
    yield "names-open", lambda e: e.content(".shstrtab", e.get(".shstrtab", "size") - 1, b"x")
    yield "names-not-strings", lambda e: e.section(".shstrtab", type=1)
    yield "two-modinfos", lambda e: e.renamed(".comment", ".modinfo")
    yield "two-modinfos-allocated", lambda e: e.renamed("__kcrctab_gpl", ".modinfo")
    yield "no-modinfo", lambda e: e.renamed(".modinfo", "info")
    yield "modinfo-not-allocated", lambda e: e.section(".modinfo", flags=0)
    yield "no-this-module", lambda e: e.renamed(THIS, "this_module")
    yield "two-this-modules", lambda e: e.renamed(".exit.data", THIS)
    yield "this-module-nobits", lambda e: e.section(THIS, type=elf.SHT_NOBITS)
    yield "this-module-not-allocated", lambda e: e.section(THIS, flags=1)
    for more in (-64, -8, 8, 64):
        yield (
            f"this-module-size{more:+}",
            lambda e, m=more: e.section(THIS, size=e.get(THIS, "size") + m),  # type: ignore[misc]
        )
    yield "stripped", lambda e: e.section(".symtab", type=1)
    yield "two-symbol-tables", lambda e: e.section(".comment", type=elf.SHT_SYMTAB, link=1, size=0)
    yield "symtab-no-strings", lambda e: e.section(".symtab", link=0)
    yield "symtab-link-outside", lambda e: e.section(".symtab", link=999)
    yield "symtab-link-not-strings", lambda e: e.section(".symtab", link=e.number(".comment"))
    for name in (".data", ".text", ".rodata", ".comment", ".modinfo"):
        yield f"wx-{name}", lambda e, n=name: e.section(n, flags=WX)  # type: ignore[misc]
    yield "wx-not-allocated", lambda e: e.section(".comment", flags=WX & ~2)
    yield "two-names-alike", lambda e: e.renamed("__kcrctab_gpl", "__kcrctab")
    yield "two-bss", lambda e: e.renamed(".exit.data", ".bss")
    for size in (300 << 20, 2 << 30, 5 << 30):
        yield f"bss-{size >> 20}m", lambda e, s=size: e.section(".bss", size=s)  # type: ignore[misc]
    for align in (3, 8192, 1 << 40):
        yield f"align-{align}", lambda e, a=align: e.section(".data", addralign=a)  # type: ignore[misc]
    yield "align-0", lambda e: e.section(".data", addralign=0)
    yield "percpu-reserve", lambda e: e.section(".data..percpu", size=8192)
    yield "percpu-too-large", lambda e: e.section(".data..percpu", size=8200)
    yield "entsize", lambda e: e.section(".text", entsize=12345)
    yield "address", lambda e: e.section(".text", addr=0xDEAD000)
    yield "null-allocated", lambda e: e.section(".comment", type=0, flags=2)
    yield "overlap", lambda e: e.section(".note.Linux", offset=e.get(".text", "offset"))
    for name in SPECIAL:
        yield (
            f"special-{name}-size",
            lambda e, n=name: e.section(n, size=e.get(n, "size") - 1),  # type: ignore[misc]
        )
    yield "orc-short", lambda e: e.section(".orc_unwind", size=e.get(".orc_unwind", "size") - 6)


def _metadata() -> Iterator[tuple[str, Damage]]:
    def field(old: bytes, new: bytes) -> Damage:
        return lambda e: e.put(e.field_offset(old), new)

    yield "vermagic-release", lambda e: e.put(e.field_offset(b"vermagic=") + 9, b"9")
    yield "vermagic-missing", field(b"vermagic=", b"vermagiq=")
    yield "vermagic-no-smp", lambda e: e.replaced(".modinfo", b" SMP ", b" UMP ")
    yield "vermagic-preempt", lambda e: e.replaced(".modinfo", b" preempt ", b" preempl ")
    yield "vermagic-end", lambda e: e.replaced(".modinfo", b" \0", b"x\0")
    yield "license-proprietary", field(b"license=GPL", b"license=BSD")
    yield "license-missing", field(b"license=", b"licence=")
    yield "license-lower-case", field(b"license=GPL", b"license=gpl")
    yield "retpoline-missing", field(b"retpoline=Y", b"retpolina=Y")
    yield "livepatch", field(b"retpoline=Y", b"livepatch=Y")
    yield "staging", lambda e: e.replaced(".modinfo", b"parm=level:A p", b"staging=Y\0parm")
    yield "test-module", lambda e: e.replaced(".modinfo", b"parm=level:A p", b"test=Y\0parmesa")
    yield "in-tree", lambda e: e.replaced(".modinfo", b"parm=level:A p", b"intree=Y\0parmes")
    yield "namespace-missing", field(b"import_ns=DMA_BUF", b"import_nx=DMA_BUF")
    yield "namespace-other", field(b"import_ns=DMA_BUF", b"import_ns=DMA_BUG")
    yield "namespace-of-modules", field(b"import_ns=DMA_BUF", b"import_ns=module:")
    yield "name-differs", field(b"name=subject", b"name=subjekt")
    yield "modinfo-open", lambda e: e.section(".modinfo", size=e.get(".modinfo", "size") - 1)
    yield "modinfo-zeros", lambda e: e.content(".modinfo", 0, bytes(e.get(".modinfo", "size")))
    yield "no-versions", lambda e: e.renamed("__versions", "versions")
    yield "versions-not-allocated", lambda e: e.section("__versions", flags=0)
    yield "versions-empty", lambda e: e.section("__versions", size=0)
    yield "layout-crc", lambda e: e.put(e.version_of(b"module_layout"), b"\xde\xad")
    yield "layout-missing", lambda e: e.put(e.version_of(b"module_layout") + 8, b"x")
    yield "symbol-crc", lambda e: e.put(e.version_of(b"kfree"), b"\xde\xad")
    yield "symbol-crc-high", lambda e: e.put(e.version_of(b"kfree") + 4, b"\1")
    yield "symbol-crc-missing", lambda e: e.put(e.version_of(b"kfree") + 8, b"x")
    yield "name-empty", lambda e: e.content(THIS, 24, bytes(7))
    yield "name-taken", lambda e: e.content(THIS, 24, b"printk\0")
    yield "name-slash", lambda e: e.content(THIS, 24, b"sub/ect")
    yield "name-without-end", lambda e: e.content(THIS, 24, b"n" * 56)
    for at in (0, 8, 16, 96, 128, 160, 400, 600, 800):
        yield f"this-module-byte-{at}", lambda e, at=at: e.content(THIS, at, b"\1")  # type: ignore[misc]
    yield "this-module-read-only", lambda e: e.section(THIS, flags=2)
    yield "this-module-code", lambda e: e.section(THIS, flags=6)
    yield (
        "export-kernels",
        lambda e: e.replaced("__ksymtab_strings", b"subject_work\0", b"mod_timer\0xxx"),
    )
    yield "no-crcs-of-exports", lambda e: e.section("__kcrctab", flags=0)
    yield "no-flags-of-exports", lambda e: e.section("__kflagstab", flags=0)
    yield "flags-of-exports-empty", lambda e: e.section("__kflagstab", size=0)
    for flags in (b"\1", b"\xff"):
        yield f"flags-of-exports-{flags.hex()}", lambda e, f=flags: e.content("__kflagstab", 0, f)  # type: ignore[misc]
    crcs, names = "__version_ext_crcs", "__version_ext_names"
    for name in (crcs, names):
        yield f"extended-{name}-only", lambda e, n=name: e.renamed(f"not{n}", n)  # type: ignore[misc]

    def extended(editor: Editor) -> Editor:
        return editor.renamed(f"not{crcs}", crcs).renamed(f"not{names}", names)

    yield "extended-both", extended
    yield "extended-few-names", lambda e: extended(e).section(f"not{names}", size=3)
    yield "extended-more-names", lambda e: extended(e).section(f"not{crcs}", size=4)


def _symbols() -> Iterator[tuple[str, Damage]]:
    def renamed(old: bytes, new: bytes) -> Damage:
        return lambda e: e.replaced(".strtab", old + b"\0", new + b"\0")

    yield "unknown-symbol", renamed(b"kfree", b"kfrea")
    yield "unknown-symbol-weak", lambda e: (
        e.replaced(".strtab", b"kfree\0", b"kfrea\0"), e.symbol("kfree", info=0x20),
    )  # fmt: skip
    yield (
        "two-unknown-symbols",
        lambda e: (
            e.replaced(".strtab", b"kfree\0", b"kfrea\0"),
            e.replaced(".strtab", b"dma_buf_put\0", b"dma_buf_pux\0"),
        ),
    )
    yield (
        "unknown-and-common",
        lambda e: (
            e.replaced(".strtab", b"kfree\0", b"kfrea\0"),
            e.symbol("subject_work", shndx=elf.SHN_COMMON),
        ),
    )
    yield "common-symbol", lambda e: e.symbol("subject_hidden", shndx=elf.SHN_COMMON)
    yield "absolute-symbol", lambda e: e.symbol("subject_hidden", shndx=elf.SHN_ABS)
    yield "livepatch-symbol", lambda e: e.symbol("subject_hidden", shndx=elf.SHN_LIVEPATCH)
    for value in (61 << 4, 0xFF00, 0xFFF3, 0xFFFF):
        yield (
            f"symbol-section-{value:#x}",
            lambda e, v=value: e.symbol("subject_hidden", shndx=v),  # type: ignore[misc]
        )
    yield "strings-begin", lambda e: e.content(".strtab", 0, b"x")
    yield "strings-open", lambda e: e.content(".strtab", e.get(".strtab", "size") - 1, b"x")
    yield "strings-empty", lambda e: e.section(".strtab", size=0)
    yield "symbol-name-outside", lambda e: e.symbol("subject_hidden", name=1 << 20)
    yield "symbol-name-far-outside", lambda e: e.symbol("subject_hidden", name=0xFFFFFFFF)
    yield "symbol-value-outside", lambda e: e.symbol("subject_hidden", value=1 << 30)
    yield "symbol-zero-changed", lambda e: e.symbol(0, value=1, shndx=1)
    yield "symbol-cut-off", lambda e: e.section(".symtab", size=e.get(".symtab", "size") - 1)
    yield "no-init", lambda e: e.relocation(THIS, 0, type=0)
    yield "no-exit", lambda e: e.relocation(THIS, 1, type=0)
    yield "init-in-data", lambda e: e.relocation(THIS, 0, symbol=e.symbol_number("__this_module"))
    yield "init-in-the-middle", lambda e: e.relocation(THIS, 0, addend=4)
    yield "init-elsewhere", lambda e: e.relocation(THIS, 0, offset=600)


def _relocations() -> Iterator[tuple[str, Damage]]:
    for kind in TYPES:
        yield f"type-{kind:#x}", lambda e, k=kind: e.relocation(".text", 2, type=k)  # type: ignore[misc]
    yield "type-none", lambda e: e.relocation(".text", 2, type=0)
    for section in (".text", ".init.text", ".data", THIS, "__param"):
        yield (
            f"place-outside-{section}",
            lambda e, s=section: e.relocation(s, 0, offset=1 << 30),  # type: ignore[misc]
        )
        yield f"rel-{section}", lambda e, s=section: e.section(f".rela{s}", type=9)  # type: ignore[misc]
    yield "place-at-the-end", lambda e: e.relocation(".text", 0, offset=e.get(".text", "size") - 2)
    yield "place-not-zero", lambda e: e.relocation(".text", 0, offset=0)
    yield "place-twice", lambda e: e.relocation("__param", 1, offset=0)
    yield "symbol-outside", lambda e: e.relocation(".text", 2, symbol=1 << 16)
    yield "symbol-far-outside", lambda e: e.relocation(".text", 2, symbol=0xFFFFFFFF)
    yield "overflow-32", lambda e: e.relocation(".text", 2, type=10)
    yield "overflow-32s", lambda e: e.relocation(".text", 2, type=11, addend=1 << 40)
    yield "overflow-pc32", lambda e: e.relocation(".text", 2, type=2, addend=1 << 40)
    yield "addend", lambda e: e.relocation(".text", 2, addend=60)
    yield "target-outside", lambda e: e.section(".rela.text", info=999)
    yield "target-zero", lambda e: e.section(".rela.text", info=0)
    yield "calls-init", lambda e: e.relocation(".text", 2, symbol=e.symbol_number("init_module"))
    yield "data-of-init", lambda e: e.relocation(".data", 0, symbol=e.symbol_number("init_module"))
    yield "livepatch-section", lambda e: e.section(".rela.text", flags=elf.SHF_RELA_LIVEPATCH)
    yield "of-percpu", lambda e: e.section(".rela.exit.data", info=e.number(".data..percpu"))
    yield "of-strings", lambda e: e.section(".rela.exit.data", info=e.number(".strtab"))
    yield "of-versions", lambda e: e.section(".rela.exit.data", info=e.number("__versions"))
    yield "cut-off", lambda e: e.section(".rela.text", size=e.get(".rela.text", "size") - 1)
    for name in SPECIAL:
        yield f"special-{name}-none", lambda e, n=name: e.relocation(n, 0, type=0)  # type: ignore[misc]
        yield f"special-{name}-astray", lambda e, n=name: e.relocation(n, 0, addend=3)  # type: ignore[misc]
