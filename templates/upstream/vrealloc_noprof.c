// SPDX-License-Identifier: GPL-2.0

#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

void *vrealloc_noprof(const void *p, size_t size, gfp_t flags);

/*
 * vrealloc_noprof (mm/vmalloc.c), which 6.12 does not export. That one asks the area how long it is;
 * here the pages are counted, up to the guard page behind each allocation: it is never mapped.
 */
void *vrealloc_noprof(const void *p, size_t size, gfp_t flags)
{
	size_t old = 0;
	void *made;

	if (!size) {
		vfree(p);
		return NULL;
	}
	while (p && vmalloc_to_page(p + old))
		old += PAGE_SIZE;
	if (size <= old) {
		/* What it may grow into again: zeroed, as vrealloc_noprof leaves it. */
		memset((void *)p + size, 0, old - size);
		return (void *)p;
	}
	made = __vmalloc_noprof(size, flags);
	if (!made)
		return NULL;
	if (p) {
		memcpy(made, p, old);
		vfree(p);
	}
	return made;
}
