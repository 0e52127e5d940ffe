// SPDX-License-Identifier: GPL-2.0
/* A module without a way out. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt
#include <linux/module.h>

#include "note.c"

static int __init stays_init(void)
{
	pr_warn("here to stay: \x1b[31m50%% grün\x1b[0m\n");
	return 0;
}

module_init(stays_init);
MODULE_DESCRIPTION("Stays");
MODULE_LICENSE("GPL");
