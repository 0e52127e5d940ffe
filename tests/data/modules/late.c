// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

static int __init late_init(void)
{
	/* Where the test sees that it is unmapped. */
	pr_info("late: init is at %px\n", late_init);
	return 0;
}

static int __initdata late_data = 3;
int *late_pointer = &late_data;

static noinline int __init late_code(int n)
{
	return n + *late_pointer;
}

static void __exit late_exit(void)
{
	pr_info("late: %d\n", late_code(1));
}

module_init(late_init);
module_exit(late_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
