// SPDX-License-Identifier: GPL-2.0

#include <linux/bug.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

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

/* The first line of what a panic says, with its place: what `decode` reads is in it. */
__rust_helper void rust_helper_panicked_at(const char *file, size_t length, unsigned int line,
					   unsigned int column)
{
	pr_emerg("%s: panicked at %.*s:%u:%u:\n", THIS_MODULE->name, (int)length, file, line,
		 column);
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
__rust_helper bool rust_helper_module_is_used(struct module *mod)
{
#ifdef CONFIG_MODULE_UNLOAD
	return module_refcount(mod) > 1;
#else
	return false;
#endif
}

/*
 * Sleeps; true where the process is being killed. Who cannot be killed sleeps idly, and is neither
 * counted as load nor taken for a task that hangs (kernel/hung_task.c).
 */
__rust_helper bool rust_helper_module_pause(unsigned int ms, bool killable)
{
	if (!killable) {
		schedule_timeout_idle(msecs_to_jiffies(ms));
		return false;
	}
	return schedule_timeout_killable(msecs_to_jiffies(ms)) && fatal_signal_pending(current);
}

__rust_helper void rust_helper_module_stays(struct module *mod, int failed)
{
	if (!failed)
		pr_err("%s: not unloaded: the kernel may still call it, for values that were never dropped\n",
		       mod->name);
	else
		pr_warn("%s: init failed (%d), and its code is still used: waiting, until insmod is killed\n",
			mod->name, failed);
}

__rust_helper void rust_helper_module_lives(struct module *mod, size_t count, const char *kind,
					    size_t length)
{
	pr_err("%s: alive: %zu of %.*s\n", mod->name, count, (int)length, kind);
}

__rust_helper void rust_helper_module_kept(struct module *mod, int failed)
{
	pr_err("%s: init failed (%d), and its code is still used: it stays until rmmod\n", mod->name,
	       failed);
}
