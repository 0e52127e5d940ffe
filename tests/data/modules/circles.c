// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>

#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#pragma GCC diagnostic ignored "-Winfinite-recursion"

static int deep;
module_param(deep, int, 0);

noinline int circles_bounded(int n)
{
	volatile char room[200];

	room[n & 127] = n;
	return n ? circles_bounded(n - 1) + room[n & 127] : 0;
}

noinline int circles_endless(int n)
{
	volatile char room[200];

	room[n & 127] = n;
	return circles_endless(n + 1) + room[n & 127];
}

noinline int circles_right(int n);

noinline int circles_left(int n)
{
	volatile int here = n;

	return (n & 1 ? circles_right(n + 1) : circles_right(n + 3)) + here;
}

noinline int circles_right(int n)
{
	volatile int here = n;

	return circles_left(n + 1) + here;
}

static int __init circles_init(void)
{
	pr_info("circles: %d\n", circles_bounded(deep & 7));
	if (deep < 8)
		return 0;
	return deep & 1 ? circles_endless(deep) : circles_left(deep);
}

static void __exit circles_exit(void)
{
}

module_init(circles_init);
module_exit(circles_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
