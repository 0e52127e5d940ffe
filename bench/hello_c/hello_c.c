// SPDX-License-Identifier: GPL-2.0
/* examples/hello_world, written in C: what its Rust twin is measured beside. */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *message;

static int __init hello_init(void)
{
	pr_info("Hello kernel module!\n");
	message = kstrdup("My message is on the heap!", GFP_KERNEL);
	return message ? 0 : -ENOMEM;
}

static void __exit hello_exit(void)
{
	pr_info("%s\n", message);
	kfree(message);
	pr_info("Goodbye kernel module!\n");
}

module_init(hello_init);
module_exit(hello_exit);
MODULE_LICENSE("GPL");
MODULE_AUTHOR("The rkmbuild developers");
MODULE_DESCRIPTION("A C module for a stock kernel");
