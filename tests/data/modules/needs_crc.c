// SPDX-License-Identifier: GPL-2.0
#include <linux/crc-itu-t.h>
#include <linux/module.h>

/* A function of a module that the kernel's own package brings. */
static int __init needs_crc_init(void)
{
	pr_info("needs_crc: %d\n", crc_itu_t(0, "x", 1));
	return 0;
}

static void __exit needs_crc_exit(void)
{
}

module_init(needs_crc_init);
module_exit(needs_crc_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
