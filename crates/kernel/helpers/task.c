// SPDX-License-Identifier: GPL-2.0

#include <linux/atomic.h>
#include <linux/cred.h>
#include <linux/irqflags.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>

#include "helpers.h"

__rust_helper struct task_struct *rust_helper_get_current(void)
{
	return current;
}

__rust_helper void rust_helper_get_task_struct(struct task_struct *t)
{
	get_task_struct(t);
}

__rust_helper void rust_helper_put_task_struct(struct task_struct *t)
{
	put_task_struct(t);
}

__rust_helper bool rust_helper_signal_pending(struct task_struct *t)
{
	return signal_pending(t);
}

__rust_helper kuid_t rust_helper_task_uid(struct task_struct *t)
{
	return task_uid(t);
}

/* As task_euid(), which Linux 7.3 no longer has. */
__rust_helper kuid_t rust_helper_task_euid(struct task_struct *t)
{
	kuid_t euid;

	rcu_read_lock();
	euid = __task_cred(t)->euid;
	rcu_read_unlock();
	return euid;
}

__rust_helper kuid_t rust_helper_current_euid(void)
{
	return current_euid();
}

__rust_helper uid_t rust_helper_kuid_in_current_ns(kuid_t uid)
{
	return from_kuid(current_user_ns(), uid);
}

__rust_helper uid_t rust_helper_kuid_in_init_ns(kuid_t uid)
{
	return __kuid_val(uid);
}

__rust_helper gid_t rust_helper_kgid_in_current_ns(kgid_t gid)
{
	return from_kgid(current_user_ns(), gid);
}

__rust_helper gid_t rust_helper_kgid_in_init_ns(kgid_t gid)
{
	return __kgid_val(gid);
}

__rust_helper void rust_helper_get_cred(const struct cred *cred)
{
	get_cred(cred);
}

__rust_helper void rust_helper_put_cred(const struct cred *cred)
{
	put_cred(cred);
}

/* `buf` has room for TASK_COMM_LEN bytes. */
__rust_helper void rust_helper_get_task_comm(char *buf, struct task_struct *t)
{
	strscpy(buf, t->comm, TASK_COMM_LEN);
}

/*
 * As __might_resched() in kernel/sched/core.c, which only debug kernels have, and in its words. Without
 * CONFIG_PREEMPT_RCU, reading RCU counts as preemption that is off.
 */
__rust_helper void rust_helper_might_sleep(const char *file, size_t length, unsigned int line)
{
	static atomic_t reports = ATOMIC_INIT(0);
	int depth = rcu_preempt_depth();

	if ((!preempt_count() && !irqs_disabled() && !depth) || is_idle_task(current) ||
	    system_state > SYSTEM_RUNNING || oops_in_progress)
		return;
	/* Enough to see what is wrong. */
	if (atomic_read(&reports) >= 10 || atomic_inc_return(&reports) > 10)
		return;
	pr_err("BUG: sleeping function called from invalid context at %.*s:%u\n", (int)length, file,
	       line);
	pr_err("in_atomic(): %d, irqs_disabled(): %d, non_block: 0, pid: %d, name: %s\n", in_atomic(),
	       irqs_disabled(), current->pid, current->comm);
	pr_err("preempt_count: %x, expected: 0\n", preempt_count());
	pr_err("RCU nest depth: %d, expected: 0\n", depth);
	dump_stack();
	add_taint(TAINT_WARN, LOCKDEP_STILL_OK);
}

__rust_helper bool rust_helper_irqs_disabled(void)
{
	return irqs_disabled();
}
