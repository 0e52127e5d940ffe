/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every C and assembly file of a crate begins with. A return in assembly becomes what the
 * kernel's own RET is (arch/x86/include/asm/linkage.h): `rep ret` and `ret $n` stay what they are.
 */
#ifdef __ASSEMBLER__
{% if return_thunk %}
.macro ret
	jmp __x86_return_thunk
.endm
{% elif straight_line %}
.macro ret
	.byte 0xc3
	int3
.endm
{% endif %}
#endif
