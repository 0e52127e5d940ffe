// SPDX-License-Identifier: GPL-2.0

#include <linux/cred.h>
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
