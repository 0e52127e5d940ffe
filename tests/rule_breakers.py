"""For each rule of `check`, a made-up module that breaks it, and the kernel that minds."""

import dataclasses
import gzip
import lzma
import struct
from pathlib import Path

from rkmbuild.kernel.btf.base import Base
from rkmbuild.ko import elf
from rkmbuild.pipeline.kfuncs import btf_writer
from rkmbuild.pipeline.kfuncs.btf_writer import BaseTypes
from rkmbuild.pipeline.kfuncs.records import Function, Records, Scalar
from rkmbuild.verdict.target import Target
from tests.corpus import signatures
from tests.modules import (
    AX,
    ENDBR,
    JUMP_AT,
    LAYOUT,
    VERMAGIC,
    WA,
    A,
    Module,
    Reloc,
    Sec,
    Sym,
    grown,
    kernel,
    modinfo,
    module,
    versions,
)

OLD, NEW, NEWEST = kernel("6.1.0"), kernel("6.12.0"), kernel("7.3.0")
NO_FORCE = kernel(MODULE_FORCE_LOAD="")
UNPACKS_XZ = dataclasses.replace(NEW, unpacks="xz")
_THIS = ".gnu.linkonce.this_module"
_EXIT = Reloc(LAYOUT.exit_at, 1, "cleanup_module")

Broken = tuple[Module | bytes, Target]


def _field(name: str, at: int, value: bytes, made: Module | None = None) -> bytes:
    """A module with a field of a section header changed; `zero` is the header of section 0."""
    data = bytearray(bytes(made or module()))
    file = elf.Elf(bytes(data))
    number = 0 if name == "zero" else file.find(name, allocated=False)
    start = file.header.shoff + 64 * number + at
    data[start : start + len(value)] = value
    return bytes(data)


def _named(name: bytes) -> Module:
    """A module whose struct module has this name."""
    body = bytearray(LAYOUT.size)
    body[LAYOUT.name_at : LAYOUT.name_at + len(name)] = name
    return module().section(_THIS, data=bytes(body))


def _code(text: str, *relocs: Reloc) -> Module:
    """A module with one more function: ENDBR64, these bytes, INT3."""
    body = ENDBR + bytes.fromhex(text) + b"\xcc"
    return module().add(
        Sec(".text.more", body, AX, align=16, relocs=relocs),
        Sym("more", ".text.more", 0, len(body), elf.STT_FUNC),
    )


def _data(*relocs: Reloc, content: bytes = bytes(32)) -> Module:
    """A module with data that relocations fill."""
    return module().add(Sec(".data", content, WA, align=8, relocs=relocs), Sym("here", ".data"))


def exporting(name: str) -> Module:
    """A module that exports a symbol of this name."""
    relocs = (Reloc(0, 2, "cleanup_module"), Reloc(4, 2, "__kstrtab"))
    return module().add(
        Sec("__ksymtab_strings", name.encode() + b"\0"),
        Sec("__ksymtab", bytes(12), relocs=relocs, align=4),
        Sec("__kcrctab", bytes(4)),
        Sym("__kstrtab", "__ksymtab_strings"),
    )


def _signed(size: int) -> bytes:
    """A module with a signature that is said to have so many bytes."""
    footer = struct.pack(">BBBBB3xI", 0, 0, 2, 0, 0, size)
    return bytes(module()) + footer + b"~Module signature appended~\n"


def _beyond_its_table() -> bytes:
    """A module with a relocation to a symbol that does not exist."""
    data = bytearray(bytes(_data(Reloc(8, 2, "here"))))
    file = elf.Elf(bytes(data))
    table = file.sections[file.find(".rela.data", allocated=False)]
    data[table.offset + 12 : table.offset + 16] = b"\xff\xff\0\0"
    return bytes(data)


def _importing(name: str, crc: int, **fields: str) -> Module:
    made = module(**fields).add(Sym(name))
    return made.section("__versions", data=versions(**{name: crc}))


_PLAIN = bytes(module())
_LOST = _data(Reloc(0, 1, "gone")).add(Sec(".lost", bytes(8), 0), Sym("gone", ".lost"))
_PLAIN_FUNCTION = Sec(".text.plain", b"\x90" * 16, AX, align=16)
_RUST = Sec(".note.rkmbuild", bytes(16), A, elf.SHT_NOTE, 4)
_TWICE = module().add(Sec(".data", b"1", WA), Sec(".data", b"2", A))
_ENDLESS = "4883ec38 e8f3ffffff 4883c438 e900000000"  # sub; call itself; add; return
_BOUNDED = "53 85ff 7405 e8f2ffffff 5b e900000000"  # push; test; je; call itself; pop; return
_MINE = exporting("mine").section("__kcrctab", flags=0)


def with_kfunc(
    name: str = "tiny_read", flags: int = 0, *, types: int = 100, named: str = "tiny"
) -> Module:
    """A module with a function for BPF programs, which builds on so many types of a kernel."""
    said = Records((Function(name, Scalar("u64"), ()),), {})
    data, (number,) = btf_writer.split(said, BaseTypes(types, 1000, {}))
    made = module() if named == "tiny" else _named(named.encode())
    return made.add(
        Sec(".BTF_ids", struct.pack("<4I", 1, 1, number, flags), A, align=4),
        Sec(".BTF", data, 0),
        Sym("rkmbuild_kfuncs_syscall", ".BTF_ids"),
    )


def types_of_a_kernel(types: int = 100, **structs: int) -> Base:
    """A kernel's types, as many as are said."""
    sizes = {name: [(1, size)] for name, size in structs.items()}
    return Base(file=Path("vmlinux"), types=types, strings=1000, structs=sizes)


BROKEN: dict[str, Broken] = {
    "modules-disabled": (module(), dataclasses.replace(NEW, closed=True)),
    "signature-malformed": (_signed(1 << 30), NEW),
    "signature-kind": (
        signatures.append(_PLAIN, signatures.with_attributes(signatures.message(), _PLAIN)),
        NEW,
    ),
    "packed-otherwise": (gzip.compress(_PLAIN), UNPACKS_XZ),
    "packed-options": (lzma.compress(_PLAIN), UNPACKS_XZ),  # CRC64
    "signature-required": (module(), dataclasses.replace(NEW, enforced=True)),
    "lockdown": (module(), dataclasses.replace(NEW, locked_down=True)),
    "elf-header": (_PLAIN[:63], NEW),
    "elf-magic": (b"#!/bin/sh\n" * 20, NEW),
    "elf-type": (dataclasses.replace(module(), extra={"type": 2}), NEW),
    "elf-machine": (dataclasses.replace(module(), extra={"machine": 183}), NEW),
    "elf-section-size": (dataclasses.replace(module(), extra={"shentsize": 56}), NEW),
    "elf-section-table": (_PLAIN[:64], NEW),
    "elf-section-zero": (_field("zero", 4, b"\1"), NEW),
    "elf-section-bounds": (_field(".text", 24, struct.pack("<Q", 1 << 20)), NEW),
    "elf-names": (dataclasses.replace(module(), extra={"shstrndx": 0}), NEW),
    "elf-section-name": (_field(".text", 0, struct.pack("<I", 1 << 20)), NEW),
    "one-modinfo": (module().add(Sec(".modinfo", b"alias=x\0", A)), NEW),
    "this-module": (module().section(_THIS, name=".data"), NEW),
    "symbol-table": (_field(".symtab", 4, b"\1"), NEW),
    "string-table": (_field(".symtab", 40, bytes(4)), NEW),
    "extended-versions": (module().add(Sec("__version_ext_crcs", bytes(4))), NEWEST),
    "blacklisted": (module(), dataclasses.replace(NEW, blacklisted=frozenset({"tiny"}))),
    "modversions": (module().section("__versions", data=versions(module_layout=0x9999)), NEW),
    "vermagic": (module(vermagic="6.12.0-test odd"), NEW),
    "livepatch-support": (module(livepatch="Y"), NEW),
    "write-and-execute": (module().add(Sec(".evil", b"x", AX | WA)), NEW),
    "too-large": (module().section(".bss", size=2 << 30), NEW),
    "already-there": (module(), dataclasses.replace(NEW, loaded=frozenset({"tiny"}))),
    "percpu-size": (module().add(Sec(".data..percpu", bytes(8193), WA)), NEW),
    "constructors": (
        module().add(Sec(".ctors", bytes(8), WA), Sec(".init_array", bytes(8), WA)),
        kernel(CONSTRUCTORS="y"),
    ),
    "export-versions": (_MINE, NO_FORCE),
    "export-flags": (exporting("mine"), NEWEST),
    "namespace-of-modules": (module(import_ns="module:tiny"), NEWEST),
    "symbol-common": (module().add(Sym("c", shndx=elf.SHN_COMMON)), NEW),
    "symbol-section": (module().add(Sym("lost", shndx=99)), NEW),
    "symbol-unknown": (module().add(Sym("no_such_thing")), NEW),
    "symbol-gpl-only": (_importing("gpl_only", 0x3333, license="Proprietary"), NEW),
    "symbol-version": (_importing("gpl_only", 0x9999), NEW),
    "symbol-namespace": (_importing("in_a_space", 0x4444), NEW),
    "relocation-rel": (_field(".rela.data", 4, b"\x09", _data(Reloc(8, 2, "here"))), NEW),
    "relocation-type": (module().section(".text", relocs=(Reloc(7, 9, "_printk", -4),)), NEW),
    "relocation-nonzero": (_data(Reloc(8, 1, "here"), content=b"\1" * 32), NEW),
    "relocation-overflow": (_data(Reloc(8, 10, "here")), NEW),
    "export-duplicate": (exporting("_printk"), NEW),
    "name-taken": (_named(b"printk"), NEW),
    "name-empty": (_named(b""), NEW),
    "section-twice": (_TWICE, NEW),
    "unsigned": (module(), NEW),
    "out-of-tree": (module(), NEW),
    "forced": (_MINE, NEW),
    "staging": (module(staging="Y"), NEW),
    "test-module": (module(test="Y"), NEW),
    "live-patch": (module(livepatch="Y"), kernel(LIVEPATCH="y")),
    "proprietary": (module(license="Proprietary"), NEW),
    "release-differs": (module(vermagic=VERMAGIC.replace("12.0", "12.9")).add(_RUST), NEW),
    "section-zero-used": (_field("zero", 8, b"\1"), NEW),
    "section-name-outside": (
        _field(".comment", 0, struct.pack("<I", 1 << 20), module().add(Sec(".comment", b"x", 0))),
        OLD,
    ),
    "section-name-twice": (_TWICE, OLD),
    "section-alignment": (module().add(Sec(".odd", b"x" * 8, WA, align=3)), NEW),
    "size-wraps": (module().section(".bss", size=5 << 30), NEW),
    "much-memory": (module().section(".bss", size=300 << 20), NEW),
    "table-size": (grown(elf.SHT_SYMTAB, 13 << 20), NEW),
    "section-flags": (module().add(Sec(".text.lost", b"\x90" * 4, elf.SHF_EXECINSTR)), NEW),
    "section-overlap": (
        _field(".twin", 24, struct.pack("<Q", 64), module().add(Sec(".twin", b"x" * 8, WA))),
        NEW,
    ),
    "special-section": (module().section(".orc_unwind", data=bytes(12)), NEW),
    "string-outside": (module().section(".modinfo", data=modinfo()[:-1]), NEW),
    "this-module-content": (module().section(_THIS, flags=A), NEW),
    "entry-points": (
        module().section(_THIS, relocs=(Reloc(LAYOUT.init_at, 1, "_printk"), _EXIT)),
        NEW,
    ),
    "symbol-outside": (module().add(Sym("far", ".text", 4096, 0, elf.STT_FUNC)), NEW),
    "symbol-overlap": (module().add(Sym("inner", ".text", 4, 40, elf.STT_FUNC)), NEW),
    "relocation-section": (_field(".rela.text", 4, b"\x63"), NEW),
    "branch-unfilled": (_code("e800000000"), NEW),
    "relocation-place": (_data(Reloc(29, 2, "here")), NEW),
    "relocation-overlap": (_data(Reloc(5, 2, "here"), Reloc(8, 2, "here")), NEW),
    "relocation-symbol": (_beyond_its_table(), NEW),
    "relocation-target": (_LOST, NEW),
    "relocation-livepatch": (
        _field(".rela.text", 8, struct.pack("<Q", elf.SHF_RELA_LIVEPATCH)),
        NEW,
    ),
    "relocation-truncated": (_data(Reloc(8, 2, "here", 1 << 40)), NEW),
    "relocation-skipped": (
        module().add(Sec(".data..percpu", bytes(8), WA, relocs=(Reloc(0, 1, "_printk"),))),
        NEW,
    ),
    "call-target": (module().section(".text", relocs=(Reloc(JUMP_AT, 4, "_printk", 60),)), NEW),
    "missing-endbr": (
        _data(Reloc(0, 1, "plain")).add(
            _PLAIN_FUNCTION, Sym("plain", ".text.plain", 0, 16, elf.STT_FUNC)
        ),
        NEW,
    ),
    "fpu-registers": (_code("660f6fc1"), NEW),  # movdqa
    "thread-pointer": (_code("64488b042528000000"), NEW),  # mov %fs:0x28, %rax
    "per-cpu-place": (_code("65488b042530000000"), NEW),  # mov %gs:0x30, %rax
    "red-zone": (_code("48894424f8"), NEW),  # mov %rax, -8(%rsp)
    "never-run": (module().add(Sec(".init_array", bytes(8), WA)), NEW),
    "stack-frame": (_code("4881ec00300000"), NEW),  # sub $12288, %rsp
    "endless-recursion": (_code(_ENDLESS, Reloc(18, 4, "__x86_return_thunk", -4)), NEW),
    "not-in-init": (
        module()
        .section(".init.text", relocs=(Reloc(JUMP_AT, 4, "kthread_should_stop", -4),))
        .add(Sym("kthread_should_stop", binding=elf.STB_WEAK)),
        NEW,
    ),
    "freed-code-used": (_code("e900000000", Reloc(5, 4, "init_module", -4)), NEW),
    "no-retpoline": (module(retpoline="-"), NEW),
    "elf-class": (bytes([*_PLAIN[:4], 1, *_PLAIN[5:]]), NEW),
    "name-differs": (module(name="other"), NEW),
    "modinfo-missing": (module().section(".modinfo", name=".lost"), NEW),
    "signature-unverified": (signatures.append(_PLAIN, signatures.message()), NEW),
    "packed-large": (
        lzma.compress(_PLAIN, check=lzma.CHECK_CRC32, preset=6),  # a dictionary of 8 MiB
        UNPACKS_XZ,
    ),
    "no-exit": (module().section(_THIS, relocs=(Reloc(LAYOUT.init_at, 1, "init_module"),)), NEW),
    "no-orc": (module().section(".orc_unwind_ip", flags=0), NEW),
    "plain-returns": (_code("c3"), NEW),
    "indirect-calls": (_code("ffd0"), NEW),  # call *%rax
    "straight-line-speculation": (_code("c390"), NEW),
    "fpu-used": (_code("660f6fc1").add(Sym("kernel_fpu_begin_mask", binding=elf.STB_WEAK)), NEW),
    "recursion": (_code(_BOUNDED, Reloc(16, 4, "__x86_return_thunk", -4)), NEW),
    "freed-code-kept": (_data(Reloc(0, 1, "init_module")), NEW),
    "large-frame": (_code("4881ec01080000"), NEW),  # sub $2049, %rsp
    "kfunc-no-types": (
        module().add(Sec(".BTF_ids", bytes(8), A, align=4)),
        kernel(DEBUG_INFO_BTF_MODULES="y"),
    ),
    "kfunc-types-differ": (with_kfunc(types=99), dataclasses.replace(NEW, types=types_of_a_kernel)),
    "kfunc-flags": (with_kfunc(flags=1 << 7), dataclasses.replace(NEW, kfunc_flags=0x7F)),
    "kfunc-duplicate": (with_kfunc(), dataclasses.replace(NEW, kfuncs={"tiny_read": "other"})),
}
