// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init bugs_init(void)
{
	pr_info("bugs: before BUG\n");
	BUG();
	return 0;
}

module_init(bugs_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
