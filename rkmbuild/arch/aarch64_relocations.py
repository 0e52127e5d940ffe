"""How the kernel relocates a module for aarch64: the psABI's types, and the loader's rules.

arch/arm64/kernel/module.c: apply_relocate_add, of 6.12. Nothing is asked of what the place held
before; a branch that leads too far goes through an entry of the module's .plt.
"""

from types import MappingProxyType

from rkmbuild.arch.relocations import (
    Base,
    Overflow,
    Relocation,
    Relocations,
    signed,
    unsigned,
)


def _data(name: str, bits: int, base: Base) -> Relocation:
    fits = unsigned(bits) if base is Base.ZERO else signed(bits)
    return Relocation(name=name, width=bits // 8, base=base, fits=None if bits == 64 else fits)


def _instruction(
    name: str, fits: tuple[int, int] | None, base: Base = Base.ZERO, *, far: bool = False
) -> Relocation:
    overflow = Overflow.TRAMPOLINE if far else Overflow.REFUSED
    return Relocation(name=name, width=4, base=base, fits=fits, overflow=overflow)


# ELF for the Arm 64-bit Architecture (aaelf64), "Relocation types"; what ends in _NC is not checked
_APPLIED = {
    0: Relocation(name="NONE", width=0),
    256: Relocation(name="NONE", width=0),  # the number of old drafts
    257: _data("ABS64", 64, Base.ZERO),
    258: _data("ABS32", 32, Base.ZERO),
    259: _data("ABS16", 16, Base.ZERO),
    260: _data("PREL64", 64, Base.PLACE),
    261: _data("PREL32", 32, Base.PLACE),
    262: _data("PREL16", 16, Base.PLACE),
    263: _instruction("MOVW_UABS_G0", unsigned(16)),
    264: _instruction("MOVW_UABS_G0_NC", None),
    265: _instruction("MOVW_UABS_G1", unsigned(32)),
    266: _instruction("MOVW_UABS_G1_NC", None),
    267: _instruction("MOVW_UABS_G2", unsigned(48)),
    268: _instruction("MOVW_UABS_G2_NC", None),
    269: _instruction("MOVW_UABS_G3", None),
    270: _instruction("MOVW_SABS_G0", signed(17)),
    271: _instruction("MOVW_SABS_G1", signed(33)),
    272: _instruction("MOVW_SABS_G2", signed(49)),
    273: _instruction("LD_PREL_LO19", signed(21), Base.PLACE),
    274: _instruction("ADR_PREL_LO21", signed(21), Base.PLACE),
    275: _instruction("ADR_PREL_PG_HI21", signed(33), Base.PAGE),
    276: _instruction("ADR_PREL_PG_HI21_NC", None, Base.PAGE),
    277: _instruction("ADD_ABS_LO12_NC", None),
    278: _instruction("LDST8_ABS_LO12_NC", None),
    279: _instruction("TSTBR14", signed(16), Base.PLACE),
    280: _instruction("CONDBR19", signed(21), Base.PLACE),
    282: _instruction("JUMP26", signed(28), Base.PLACE, far=True),
    283: _instruction("CALL26", signed(28), Base.PLACE, far=True),
    284: _instruction("LDST16_ABS_LO12_NC", None),
    285: _instruction("LDST32_ABS_LO12_NC", None),
    286: _instruction("LDST64_ABS_LO12_NC", None),
    287: _instruction("MOVW_PREL_G0", signed(17), Base.PLACE),
    288: _instruction("MOVW_PREL_G0_NC", None, Base.PLACE),
    289: _instruction("MOVW_PREL_G1", signed(33), Base.PLACE),
    290: _instruction("MOVW_PREL_G1_NC", None, Base.PLACE),
    291: _instruction("MOVW_PREL_G2", signed(49), Base.PLACE),
    292: _instruction("MOVW_PREL_G2_NC", None, Base.PLACE),
    293: _instruction("MOVW_PREL_G3", None, Base.PLACE),
    299: _instruction("LDST128_ABS_LO12_NC", None),
}

# Those of the rest that compilers make where they are told of no kernel.
_GOT = {
    307: "GOTREL64", 308: "GOTREL32", 309: "GOT_LD_PREL19", 310: "LD64_GOTOFF_LO15",
    311: "ADR_GOT_PAGE", 312: "LD64_GOT_LO12_NC", 313: "LD64_GOTPAGE_LO15",
}  # fmt: skip
_THREAD_LOCAL = {
    513: "TLSGD_ADR_PAGE21", 514: "TLSGD_ADD_LO12_NC", 541: "TLSIE_ADR_GOTTPREL_PAGE21",
    542: "TLSIE_LD64_GOTTPREL_LO12_NC", 549: "TLSLE_ADD_TPREL_HI12",
    550: "TLSLE_ADD_TPREL_LO12", 551: "TLSLE_ADD_TPREL_LO12_NC", 562: "TLSDESC_ADR_PAGE21",
    563: "TLSDESC_LD64_LO12", 564: "TLSDESC_ADD_LO12", 569: "TLSDESC_CALL",
}  # fmt: skip

RELOCATIONS = Relocations(
    prefix="R_AARCH64_",
    names=MappingProxyType(
        {number: one.name for number, one in _APPLIED.items()} | _GOT | _THREAD_LOCAL
    ),
    applied=MappingProxyType(_APPLIED),
    must_be_zero=False,
    got=frozenset(_GOT),
    thread_local=frozenset(_THREAD_LOCAL),
    unknown="unsupported RELA relocation: {type}",
    pointer=257,
    distance=261,
    addresses=frozenset({257}),
    calls=frozenset({282, 283}),
    call_addend=0,
    psabi="aaelf64",
    source="arch/arm64/kernel/module.c: apply_relocate_add",
)
