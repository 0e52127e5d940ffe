// SPDX-License-Identifier: GPL-2.0

#include <linux/cred.h>
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

__rust_helper unsigned int rust_helper_task_uid(struct task_struct *t)
{
	return from_kuid_munged(&init_user_ns, task_uid(t));
}

__rust_helper unsigned int rust_helper_task_euid(struct task_struct *t)
{
	return from_kuid_munged(&init_user_ns, task_euid(t));
}

/* `buf` has room for TASK_COMM_LEN bytes. */
__rust_helper void rust_helper_get_task_comm(char *buf, struct task_struct *t)
{
	strscpy(buf, t->comm, TASK_COMM_LEN);
}
