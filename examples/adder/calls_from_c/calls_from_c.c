// SPDX-License-Identifier: GPL-2.0
/* Calls add() of a module in Rust by its name and by a pointer, and shows where it lies by each. */

#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "adder.h"

static int show(struct seq_file *m, void *unused)
{
	adder_fn pointer = adder_pointer(), in_table = symbol_get(add);
	long before;

	if (!in_table)
		return -ENOENT;
	symbol_put(add);
	seq_printf(m, "by_name 0x%lx\n", (unsigned long)add);
	seq_printf(m, "by_pointer 0x%lx\n", (unsigned long)pointer);
	seq_printf(m, "in_table 0x%lx\n", (unsigned long)in_table);
	before = atomic_long_read(&adder_calls);
	seq_printf(m, "sum_by_name %lu\n", add(2, 3));
	seq_printf(m, "sum_by_pointer %lu\n", pointer(20, 30));
	seq_printf(m, "counted %ld\n", atomic_long_read(&adder_calls) - before);
	return 0;
}

static int __init calls_init(void)
{
	/* For root alone: an address tells where the kernel lies. */
	if (!proc_create_single("calls_from_c", 0400, NULL, show))
		return -ENOMEM;
	pr_info("%s: 2 + 3 = %lu\n", KBUILD_MODNAME, add(2, 3));
	return 0;
}

static void __exit calls_exit(void)
{
	remove_proc_entry("calls_from_c", NULL);
}

module_init(calls_init);
module_exit(calls_exit);
MODULE_AUTHOR("The rkmbuild developers");
MODULE_DESCRIPTION("Calls what adder exports");
MODULE_LICENSE("GPL");
