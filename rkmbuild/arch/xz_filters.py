"""xz's filters for machine code: their numbers, names, and the kernel's options for them.

The .xz File Format, 5.3.2; lib/xz/xz_dec_bcj.c: xz_dec_bcj_reset; lib/xz/Kconfig.
"""

FILTERS = {
    4: ("x86", "XZ_DEC_X86"),
    5: ("PowerPC", "XZ_DEC_POWERPC"),
    6: ("IA-64", "XZ_DEC_IA64"),
    7: ("ARM", "XZ_DEC_ARM"),
    8: ("ARM Thumb", "XZ_DEC_ARMTHUMB"),
    9: ("SPARC", "XZ_DEC_SPARC"),
    10: ("ARM64", "XZ_DEC_ARM64"),
    11: ("RISC-V", "XZ_DEC_RISCV"),
}
