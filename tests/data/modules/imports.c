// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

void exports_greet(void);

static int __init imports_init(void)
{
	exports_greet();
	return 0;
}

static void __exit imports_exit(void)
{
}

module_init(imports_init);
module_exit(imports_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
