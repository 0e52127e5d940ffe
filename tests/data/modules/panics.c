// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init panics_init(void)
{
	panic("panics: on purpose, %d", 42);
	return 0;
}

module_init(panics_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
