// SPDX-License-Identifier: GPL-2.0
/* A module that needs one which needs another, and would like some more. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>

static bool fail;
module_param(fail, bool, 0444);

void relay_greet(void);

static int __init party_init(void)
{
	if (fail)
		return -ENODEV;
	relay_greet();
	return 0;
}

static void __exit party_exit(void)
{
}

module_init(party_init);
module_exit(party_exit);
MODULE_SOFTDEP("pre: caller no-such-module post: sulks");
MODULE_DESCRIPTION("Has many guests");
MODULE_LICENSE("GPL");
