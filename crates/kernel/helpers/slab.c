// SPDX-License-Identifier: GPL-2.0

#include <linux/slab.h>

#include "helpers.h"

void *rust_helper_krealloc(const void *objp, size_t new_size, gfp_t flags)
{
	return krealloc(objp, new_size, flags);
}

void rust_helper_kfree(const void *objp)
{
	kfree(objp);
}
