// SPDX-License-Identifier: GPL-2.0

#include <linux/ptrace.h>

#include "helpers.h"

__rust_helper unsigned long rust_helper_instruction_pointer(struct pt_regs *regs)
{
	return instruction_pointer(regs);
}

__rust_helper unsigned long rust_helper_regs_argument(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}
