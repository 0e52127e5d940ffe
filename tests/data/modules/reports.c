// SPDX-License-Identifier: GPL-2.0

/* Makes the kernel report something that it lives on after, then fails to load. */

#include <linux/delay.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/refcount.h>
#include <linux/sched/debug.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

static char *how = "";
module_param(how, charp, 0444);

/* Not const, so that no compiler knows what comes of it. */
static int many = 68;
static refcount_t none = REFCOUNT_INIT(0);

static noinline void overrun(void)
{
	u8 *memory = kmalloc(60, GFP_KERNEL);
	int i;

	if (!memory)
		return;
	for (i = 0; i < many; i++)
		WRITE_ONCE(memory[i], 0x41);
	kfree(memory);
}

static noinline void freed(void)
{
	u8 *memory = kmalloc(60, GFP_KERNEL);

	kfree(memory);
	/* KFENCE alone sees this, where it took the object: one in a while. */
	pr_info("reports: %u\n", READ_ONCE(memory[8]));
}

static noinline void twice(void)
{
	u8 *memory = kmalloc(60, GFP_KERNEL);

	kfree(memory);
	OPTIMIZER_HIDE_VAR(memory);
	kfree(memory);
}

static noinline void same_name(void)
{
	struct kobject *first = kobject_create_and_add("reports", NULL);
	struct kobject *second = kobject_create_and_add("reports", NULL);

	kobject_put(second);
	kobject_put(first);
}

static noinline void initialised_twice(void)
{
	struct kobject *object = kobject_create_and_add("reports", NULL);

	if (object)
		kobject_init(object, object->ktype);
	kobject_put(object);
}

static noinline void too_much(void)
{
	free_pages(__get_free_pages(GFP_KERNEL, 10), 10);
	kvfree(kmalloc(many << 20, GFP_KERNEL));
	vfree(vmalloc((unsigned long)many << 30));
	free_percpu(__alloc_percpu((size_t)many << 16, 8));
}

static noinline void atomic(void)
{
	preempt_disable();
	msleep(1);
	preempt_enable();
}

static noinline void grow(void)
{
	void *last = NULL, **page;

	while ((page = (void **)__get_free_page(GFP_KERNEL | __GFP_RETRY_MAYFAIL))) {
		*page = last;
		last = page;
	}
	while ((page = last)) {
		last = *page;
		free_page((unsigned long)page);
	}
}

static noinline void spin(void)
{
	unsigned long end = jiffies + 5 * HZ;

	preempt_disable();
	while (time_before(jiffies, end))
		cpu_relax();
	preempt_enable();
}

static int __init reports_init(void)
{
	int i;

	if (!strcmp(how, "overrun"))
		overrun();
	else if (!strcmp(how, "freed"))
		for (i = 0; i < 40; i++) {
			freed();
			usleep_range(1000, 1100);
		}
	else if (!strcmp(how, "twice"))
		twice();
	else if (!strcmp(how, "refcount"))
		refcount_inc(&none);
	else if (!strcmp(how, "refcount-leak"))
		refcount_dec(&none);
	else if (!strcmp(how, "same-name"))
		same_name();
	else if (!strcmp(how, "kobject"))
		initialised_twice();
	else if (!strcmp(how, "too-much"))
		too_much();
	else if (!strcmp(how, "atomic"))
		atomic();
	else if (!strcmp(how, "grow"))
		grow();
	else if (!strcmp(how, "spin"))
		spin();
	else if (!strcmp(how, "dump"))
		dump_stack();
	return -EAGAIN;
}

module_init(reports_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("A module for tests");
