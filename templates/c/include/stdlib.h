/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a kernel can give of C's stdlib.h. Memory comes from kvmalloc() with GFP_KERNEL, as crates/
 * kernel/helpers/libc.c has it: what asks for some may sleep. The rest of the header needs a process.
 */
#ifndef RKMBUILD_STDLIB_H
#define RKMBUILD_STDLIB_H

#include <stddef.h>

void *rust_helper_malloc(size_t size);
void *rust_helper_calloc(size_t count, size_t size);
void *rust_helper_realloc(void *old, size_t size);
void rust_helper_free(const void *block);

void sort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *),
	  void (*swap)(void *, void *, int));
void *bsearch(const void *key, const void *base, size_t count, size_t size,
	      int (*compare)(const void *, const void *));

static inline void *malloc(size_t size)
{
	return rust_helper_malloc(size);
}

static inline void *calloc(size_t count, size_t size)
{
	return rust_helper_calloc(count, size);
}

static inline void *realloc(void *old, size_t size)
{
	return rust_helper_realloc(old, size);
}

static inline void free(void *block)
{
	rust_helper_free(block);
}

static inline void qsort(void *base, size_t count, size_t size,
			 int (*compare)(const void *, const void *))
{
	sort(base, count, size, compare, 0);
}

static inline int abs(int value)
{
	return value < 0 ? -value : value;
}

/* As a BUG(): the kernel reports an invalid opcode, and ends the thread. */
static inline _Noreturn void abort(void)
{
	__builtin_trap();
}

#endif
