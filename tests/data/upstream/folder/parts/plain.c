// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include "../include/mixed.h"

static int __init plain_init(void)
{
	pr_info("plain: after 1 comes %d\n", mixed_next(1));
	return 0;
}
module_init(plain_init);

static void __exit plain_exit(void)
{
}
module_exit(plain_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module in C");
