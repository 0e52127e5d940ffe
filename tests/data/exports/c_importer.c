// SPDX-License-Identifier: GPL-2.0
/* Calls functions that a module in Rust exports, one of them through a pointer. */
#include <linux/module.h>
#include "exporter.h"

static int (*volatile count)(void) = exporter_count;

static int __init start(void)
{
	struct greeting greeting = { .name = "C", .times = 1 };

	exporter_greet(&greeting);
	pr_info("c_importer: %d of %d\n", count(), exporter_limit);
	return 0;
}

static void __exit stop(void)
{
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Calls the exporter");
MODULE_LICENSE("GPL");
