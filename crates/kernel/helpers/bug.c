// SPDX-License-Identifier: GPL-2.0

#include <linux/bug.h>
#include <linux/delay.h>
#include <linux/module.h>

#include "helpers.h"

/*
 * A thread of this module is about to die wherever it is, with locks held and memory half-written.
 * The module's code and data must stay where they are from now on: take a reference that nobody
 * gives back.
 */
__rust_helper void rust_helper_module_panicked(void)
{
	__module_get(THIS_MODULE);
}

__rust_helper __noreturn void rust_helper_BUG(void)
{
	BUG();
}

/*
 * Whether insmod's parameters are being read: the kernel makes their files in /sys afterwards
 * (load_module() in kernel/module/main.c), and runs the module's init after that.
 */
__rust_helper bool rust_helper_module_is_loading(const struct module *mod)
{
	return !mod->mkobj.mp;
}

/*
 * The kernel frees a module whose init failed whoever uses it (do_init_module()), while a file that
 * was opened meanwhile is still to be read, and closed. One user is the load itself.
 */
__rust_helper void rust_helper_module_wait_unused(struct module *mod)
{
#ifdef CONFIG_MODULE_UNLOAD
	while (module_refcount(mod) > 1)
		msleep(10);
#endif
}
