// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init refuses_init(void)
{
	pr_info("refuses: init runs\n");
	return -ENODEV;
}

module_init(refuses_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
