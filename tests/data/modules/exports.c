// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

void exports_greet(void);

void exports_greet(void)
{
	pr_info("exports: hello\n");
}
EXPORT_SYMBOL_GPL(exports_greet);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
