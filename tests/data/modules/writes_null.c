// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init writes_null_init(void)
{
	return 0;
}

static void __exit writes_null_exit(void)
{
	pr_info("writes_null: before the write\n");
	*(volatile int *)NULL = 1;
}

module_init(writes_null_init);
module_exit(writes_null_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
