// SPDX-License-Identifier: GPL-2.0
/* A module that uses another one, and was not built by rkmbuild. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>

void greeter_greet(const char *name);

static int __init caller_init(void)
{
	greeter_greet("caller");
	return 0;
}

static void __exit caller_exit(void)
{
}

module_init(caller_init);
module_exit(caller_exit);
MODULE_DESCRIPTION("Has somebody greeted");
MODULE_LICENSE("GPL");
