// SPDX-License-Identifier: GPL-2.0
/* A module that uses one and is used by another. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>

static bool fail;
module_param(fail, bool, 0444);

void greeter_greet(const char *name);
void relay_greet(void);
void relay_greet(void)
{
	greeter_greet("relay");
}
EXPORT_SYMBOL(relay_greet);

static int __init relay_init(void)
{
	return fail ? -EIO : 0;
}

static void __exit relay_exit(void)
{
}

module_init(relay_init);
module_exit(relay_exit);
MODULE_DESCRIPTION("Passes a greeting on");
MODULE_LICENSE("GPL");
