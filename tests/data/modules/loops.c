// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static noinline void loops_for_ever(void)
{
	for (;;)
		cpu_relax();
}

static int __init loops_init(void)
{
	loops_for_ever();
	return 0;
}

module_init(loops_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
