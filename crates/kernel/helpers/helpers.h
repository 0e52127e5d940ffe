/* SPDX-License-Identifier: GPL-2.0 */
/*
 * C functions for what Rust cannot call: macros, inline functions, and functions that some kernel
 * renamed. They are compiled with each module by kbuild; bindgen reads these prototypes.
 */
#ifndef RKMBUILD_HELPERS_H
#define RKMBUILD_HELPERS_H

#include <linux/types.h>

/* bug.c */
void rust_helper_module_panicked(void);
__noreturn void rust_helper_BUG(void);

/* printk.c */
void rust_helper_printk(char level, const char *prefix, size_t prefix_len, const char *text,
			size_t text_len);

/* slab.c */
void *rust_helper_krealloc(const void *objp, size_t new_size, gfp_t flags);
void rust_helper_kfree(const void *objp);

#endif
