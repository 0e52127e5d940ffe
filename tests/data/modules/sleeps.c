// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(queue);
static bool never;

static int __init sleeps_init(void)
{
	wait_event(queue, READ_ONCE(never));
	return 0;
}

module_init(sleeps_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
