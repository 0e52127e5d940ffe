// SPDX-License-Identifier: GPL-2.0
/*
 * All the helpers, as one object. Those that a module uses are in `rkmbuild_used.h`, which its build
 * makes of the names that its Rust code lacks; the compiler leaves the others out.
 */

#ifdef RKMBUILD_USED
#include <linux/compiler.h>
#define __rust_helper static __maybe_unused
#include "helpers.h"
/* Static to the compiler, global to the linker. */
#define RKMBUILD_USE(name) \
	asm(".globl " #name); \
	static typeof(name) name __used;
#include RKMBUILD_USED
#endif

#include "bug.c"
#include "chrdev.c"
#include "cpu.c"
#include "filesystem.c"
#include "fs.c"
#include "mm.c"
#include "note.c"
#include "percpu.c"
#include "printk.c"
#include "random.c"
#include "slab.c"
#include "sync.c"
#include "sysfs.c"
#include "task.c"
#include "time.c"
#include "timer.c"
#include "trace.c"
#include "uaccess.c"
#include "workqueue.c"
