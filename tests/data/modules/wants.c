// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

void exports_greet(void);

static int __init wants_init(void)
{
	exports_greet();
	return 0;
}

static void __exit wants_exit(void)
{
}

module_init(wants_init);
module_exit(wants_exit);
MODULE_SOFTDEP("pre: clean refuses no-such-module post: imports");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
