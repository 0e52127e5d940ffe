// SPDX-License-Identifier: GPL-2.0

#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "helpers.h"

__rust_helper void rust_helper_init_work(struct work_struct *work, work_func_t func,
					 const char *name, struct lock_class_key *key)
{
	__init_work(work, false);
	work->data = (atomic_long_t)WORK_DATA_INIT();
	lockdep_init_map(&work->lockdep_map, name, key, 0);
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
}

__rust_helper bool rust_helper_queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work(wq, work);
}

__rust_helper struct workqueue_struct *rust_helper_alloc_workqueue(const char *name)
{
	return alloc_workqueue("%s", 0, 0, name);
}

__rust_helper void rust_helper_flush_workqueue(struct workqueue_struct *wq)
{
	__flush_workqueue(wq);
}

__rust_helper struct task_struct *rust_helper_kthread_create(int (*fn)(void *data), void *data,
							     const char *name)
{
	return kthread_create(fn, data, "%s", name);
}

__rust_helper bool rust_helper_kthread_should_stop(void)
{
	return (current->flags & PF_KTHREAD) && kthread_should_stop();
}

/* Sleep until kthread_stop() wakes this thread, if it has not yet. */
__rust_helper void rust_helper_wait_to_stop(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule();
	__set_current_state(TASK_RUNNING);
}
