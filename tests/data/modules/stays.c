// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init stays_init(void)
{
	pr_info("stays: no exit function, so no unloading\n");
	return 0;
}

module_init(stays_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
