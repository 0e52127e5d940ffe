// SPDX-License-Identifier: GPL-2.0
/*
 * All the helpers, as one object. What a module does not use goes out when it is linked: each
 * function has a section of its own.
 */

#include "bug.c"
#include "printk.c"
#include "slab.c"
