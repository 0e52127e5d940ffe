// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "helpers.h"

__rust_helper void *rust_helper_krealloc(const void *objp, size_t new_size, gfp_t flags)
{
	return krealloc(objp, new_size, flags);
}

__rust_helper void rust_helper_kfree(const void *objp)
{
	kfree(objp);
}

/* 6.12 has vrealloc() but does not export it, 6.1 has none. */
__rust_helper void *rust_helper_vrealloc(void *old, size_t old_size, size_t new_size, gfp_t flags)
{
	void *new;

	if (old && PAGE_ALIGN(old_size) >= PAGE_ALIGN(new_size))
		return old;
	new = __vmalloc(new_size, flags);
	if (new && old) {
		memcpy(new, old, old_size);
		vfree(old);
	}
	return new;
}

/*
 * kvrealloc() lost the parameter for the old size in 6.12. kvmalloc() warns of a size that it never
 * gives, and vmalloc() of none.
 */
__rust_helper void *rust_helper_kvrealloc(void *old, size_t old_size, size_t new_size, gfp_t flags)
{
	void *new;

	if (old && old_size >= new_size)
		return old;
	if (new_size > INT_MAX)
		return NULL;
	new = kvmalloc(new_size, flags);
	if (new && old) {
		memcpy(new, old, old_size);
		kvfree(old);
	}
	return new;
}
