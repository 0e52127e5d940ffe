// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "helpers.h"

/*
 * Memory for the C of crates, which includes a stdlib.h that calls these. C's free() and realloc()
 * are not told how large a block is: its size lies ahead of it, in as much room as keeps it aligned.
 */
#define RKMBUILD_AHEAD 16

__rust_helper void *rust_helper_malloc(size_t size)
{
	size_t *block;

	if (size > INT_MAX - RKMBUILD_AHEAD)
		return NULL;
	block = kvmalloc(size + RKMBUILD_AHEAD, GFP_KERNEL);
	if (!block)
		return NULL;
	*block = size;
	return (char *)block + RKMBUILD_AHEAD;
}

__rust_helper void *rust_helper_calloc(size_t count, size_t size)
{
	void *made;
	size_t bytes;

	if (check_mul_overflow(count, size, &bytes))
		return NULL;
	made = rust_helper_malloc(bytes);
	if (made)
		memset(made, 0, bytes);
	return made;
}

__rust_helper void rust_helper_free(const void *block)
{
	if (block)
		kvfree((const char *)block - RKMBUILD_AHEAD);
}

__rust_helper void *rust_helper_realloc(void *old, size_t size)
{
	size_t had = old ? *(size_t *)((char *)old - RKMBUILD_AHEAD) : 0;
	void *made = rust_helper_malloc(size);

	if (made && old) {
		memcpy(made, old, min(had, size));
		rust_helper_free(old);
	}
	return made;
}
