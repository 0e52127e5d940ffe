// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

void exports_greet(void);

static char *greeting = "hello";
module_param(greeting, charp, 0444);

void exports_greet(void)
{
	pr_info("exports: %s\n", greeting);
}
EXPORT_SYMBOL_GPL(exports_greet);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
