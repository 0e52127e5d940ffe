"""How the kernel relocates a module for x86_64: the psABI's types, and the loader's rules."""

from types import MappingProxyType

from rkmbuild.arch.relocations import (
    Base,
    Overflow,
    Relocation,
    Relocations,
    signed,
    unsigned,
)

_32S = signed(32)

# x86-64 psABI, table 4.9
_NAMES = {
    0: "NONE", 1: "64", 2: "PC32", 3: "GOT32", 4: "PLT32", 5: "COPY", 6: "GLOB_DAT",
    7: "JUMP_SLOT", 8: "RELATIVE", 9: "GOTPCREL", 10: "32", 11: "32S", 12: "16", 13: "PC16",
    14: "8", 15: "PC8", 16: "DTPMOD64", 17: "DTPOFF64", 18: "TPOFF64", 19: "TLSGD", 20: "TLSLD",
    21: "DTPOFF32", 22: "GOTTPOFF", 23: "TPOFF32", 24: "PC64", 25: "GOTOFF64", 26: "GOTPC32",
    27: "GOT64", 28: "GOTPCREL64", 29: "GOTPC64", 31: "PLTOFF64", 32: "SIZE32", 33: "SIZE64",
    34: "GOTPC32_TLSDESC", 35: "TLSDESC_CALL", 36: "TLSDESC", 37: "IRELATIVE", 38: "RELATIVE64",
    41: "GOTPCRELX", 42: "REX_GOTPCRELX",
}  # fmt: skip

RELOCATIONS = Relocations(
    prefix="R_X86_64_",
    names=MappingProxyType(_NAMES),
    # 32 and 32S have to fit; PC32 and PLT32 are cut off to 32 bits without a word.
    applied=MappingProxyType(
        {
            0: Relocation(name="NONE", width=0),
            1: Relocation(name="64", width=8),
            2: Relocation(name="PC32", width=4, base=Base.PLACE, fits=_32S, overflow=Overflow.CUT),
            4: Relocation(name="PLT32", width=4, base=Base.PLACE, fits=_32S, overflow=Overflow.CUT),
            10: Relocation(name="32", width=4, fits=unsigned(32)),
            11: Relocation(name="32S", width=4, fits=_32S),
            24: Relocation(name="PC64", width=8, base=Base.PLACE),
        }
    ),
    must_be_zero=True,
    got=frozenset({3, 9, 25, 26, 27, 28, 29, 41, 42}),
    thread_local=frozenset({16, 17, 18, 19, 20, 21, 22, 23, 34, 35, 36}),
    unknown="Unknown rela relocation: {type}",
    pointer=1,
    distance=2,
    addresses=frozenset({1, 11}),
    calls=frozenset({4}),
    # The operand of call and jmp is four bytes long, and counted from its end.
    call_addend=-4,
    psabi="x86-64 psABI",
    source="arch/x86/kernel/module.c: __apply_relocate_add (6.1), __write_relocate_add (6.12)",
    # module_finalize() of the same file: alternatives, among them the
    # calls of pv_ops, retpolines, returns; ftrace_module_init();
    # static calls (arch/x86/kernel/static_call.c), tracked calls (arch/x86/kernel/callthunks.c).
    rewritten=("__fentry__", "__x86_", "__SCT__", "__SCK__", "pv_ops"),
    # unwind_module_init(), sort_extable() by post_relocation(), ftrace_process_locs()
    reordered=frozenset({".orc_unwind_ip", ".orc_unwind", "__ex_table", "__mcount_loc"}),
)
