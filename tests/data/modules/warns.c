// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init warns_init(void)
{
	WARN(1, "warns: on purpose\n");
	return 0;
}

static void __exit warns_exit(void)
{
}

module_init(warns_init);
module_exit(warns_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
