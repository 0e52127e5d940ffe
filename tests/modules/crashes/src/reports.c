// SPDX-License-Identifier: GPL-2.0

/* What C has a macro or a check for: a warning, and a list that is damaged. */

#include <linux/bug.h>
#include <linux/list.h>
#include <linux/printk.h>

void crashes_warn(const void *nothing);
void crashes_list(void);

void crashes_warn(const void *nothing)
{
	WARN(!nothing, "crashes: nothing was given\n"); /* place: warn */
	pr_info("crashes: warned\n");
}

void crashes_list(void)
{
	LIST_HEAD(head);
	LIST_HEAD(entry);

	head.next = &entry;
	list_add(&entry, &head); /* place: list */
}
