// SPDX-License-Identifier: GPL-2.0
/* A module that never comes in. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>

static int __init sulks_init(void)
{
	pr_info("not today\n");
	return -EBUSY;
}

static void __exit sulks_exit(void)
{
}

module_init(sulks_init);
module_exit(sulks_exit);
MODULE_DESCRIPTION("Stays outside");
MODULE_LICENSE("GPL");
