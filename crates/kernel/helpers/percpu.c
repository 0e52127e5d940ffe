// SPDX-License-Identifier: GPL-2.0

#include <linux/percpu.h>
#include <linux/percpu_counter.h>

#include "helpers.h"

/* Since 6.15 these pointers are in an address space of their own, which a number leaves. */
__rust_helper void *rust_helper_alloc_percpu(size_t size, size_t align)
{
	return (void *)(__force unsigned long)__alloc_percpu(size, align);
}

__rust_helper void rust_helper_free_percpu(void *ptr)
{
	free_percpu((void __percpu *)(__force unsigned long)ptr);
}

__rust_helper void *rust_helper_per_cpu_ptr(void *ptr, unsigned int cpu)
{
	return per_cpu_ptr((void __percpu *)(__force unsigned long)ptr, cpu);
}

/* As percpu_counter_init(), where all counters that this function makes would be of one class. */
__rust_helper int rust_helper_percpu_counter_init(struct percpu_counter *counter, s64 amount,
						  struct lock_class_key *key)
{
#if !defined(CONFIG_SMP)
	return percpu_counter_init(counter, amount, GFP_KERNEL);
#elif defined(RKMBUILD_HAS___percpu_counter_init_many)
	return __percpu_counter_init_many(counter, amount, GFP_KERNEL, 1, key);
#else
	return __percpu_counter_init(counter, amount, GFP_KERNEL, key);
#endif
}

__rust_helper void rust_helper_percpu_counter_destroy(struct percpu_counter *counter)
{
	percpu_counter_destroy(counter);
}

__rust_helper void rust_helper_percpu_counter_add(struct percpu_counter *counter, s64 amount)
{
	percpu_counter_add(counter, amount);
}

__rust_helper s64 rust_helper_percpu_counter_read(struct percpu_counter *counter)
{
	return percpu_counter_read(counter);
}

__rust_helper s64 rust_helper_percpu_counter_sum(struct percpu_counter *counter)
{
	return percpu_counter_sum(counter);
}
