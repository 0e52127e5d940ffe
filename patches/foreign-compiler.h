/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a gcc-built kernel's include/generated/autoconf.h says of its compiler and what does not
 * hold for the clang at hand. Nothing here changes a structure or a call: each option only picks
 * one of two ways to write the same access.
 */
#ifdef __clang__

/* Named address spaces are gcc's alone (arch/x86/Kconfig, 6.10 and later): clang takes __seg_gs
 * for another type's qualifier and warns of doing so twice. */
#undef CONFIG_CC_HAS_NAMED_AS
#undef CONFIG_CC_HAS_NAMED_AS_FIXED_SANITIZERS
#undef CONFIG_USE_X86_SEG_SUPPORT
/* From 6.15 on, compiler_types.h, which comes before this file, has made macros of it already:
 * what asm/percpu_types.h says where there are none. */
#ifdef __percpu_qual
#undef __percpu_qual
#define __percpu_qual
#undef __percpu_seg_override
#define __percpu_seg_override
#endif

/* Up to 16, clang takes every label of a function for a target of its asm goto (init/Kconfig). */
#if __clang_major__ < 17
#undef CONFIG_CC_HAS_ASM_GOTO_OUTPUT
#undef CONFIG_CC_HAS_ASM_GOTO_TIED_OUTPUT
#endif

#endif
