/* SPDX-License-Identifier: GPL-2.0 */
	.text
	.globl code_swap
	.type code_swap, @function
code_swap:
	movq %rdi, %rax
	bswap %rax
	ret
	.size code_swap, . - code_swap
