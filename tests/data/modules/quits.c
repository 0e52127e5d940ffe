// SPDX-License-Identifier: GPL-2.0
#include <linux/kthread.h>
#include <linux/module.h>

static noinline void quits_helper(void)
{
	pr_info("quits: before the end\n");
	kthread_complete_and_exit(NULL, 0);
}

static int __init quits_init(void)
{
	quits_helper();
	return 0;
}

static void __exit quits_exit(void)
{
}

module_init(quits_init);
module_exit(quits_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
