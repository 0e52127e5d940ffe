// SPDX-License-Identifier: GPL-2.0

#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/workqueue.h>

#include "helpers.h"

/* As timer_is_on_stack(), for CONFIG_DEBUG_OBJECTS_WORK. */
static __maybe_unused bool work_is_on_stack(const struct work_struct *work)
{
	return IS_ENABLED(CONFIG_DEBUG_OBJECTS_WORK) && object_is_on_stack(work);
}

__rust_helper void rust_helper_init_work(struct work_struct *work, work_func_t func,
					 const char *name, struct lock_class_key *key)
{
	__init_work(work, work_is_on_stack(work));
	work->data = (atomic_long_t)WORK_DATA_INIT();
	lockdep_init_map(&work->lockdep_map, name, key, 0);
	INIT_LIST_HEAD(&work->entry);
	work->func = func;
}

__rust_helper void rust_helper_destroy_work(struct work_struct *work)
{
	if (work_is_on_stack(work))
		destroy_work_on_stack(work);
}

__rust_helper bool rust_helper_queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return queue_work(wq, work);
}

/*
 * destroy_workqueue() waits for what is queued, but knows nothing of work whose timer still runs:
 * that would be queued on memory which was freed. So the module keeps a list of its own.
 */
static __maybe_unused DEFINE_RAW_SPINLOCK(delayed_works_lock);
static __maybe_unused LIST_HEAD(delayed_works);

__rust_helper void rust_helper_init_delayed_work(struct rkmbuild_delayed_work *work,
						 work_func_t func, const char *name,
						 struct lock_class_key *key, const char *timer_name,
						 struct lock_class_key *timer_key)
{
	rust_helper_init_work(&work->dwork.work, func, name, key);
	rust_helper_timer_setup(&work->dwork.timer, delayed_work_timer_fn, TIMER_IRQSAFE, timer_name,
				timer_key);
	INIT_LIST_HEAD(&work->node);
}

__rust_helper void rust_helper_destroy_delayed_work(struct rkmbuild_delayed_work *work)
{
	rust_helper_timer_destroy(&work->dwork.timer);
	rust_helper_destroy_work(&work->dwork.work);
}

__rust_helper bool rust_helper_queue_delayed_work(struct workqueue_struct *wq,
						  struct rkmbuild_delayed_work *work,
						  unsigned long delay)
{
	unsigned long flags;
	bool queued;

	raw_spin_lock_irqsave(&delayed_works_lock, flags);
	queued = queue_delayed_work(wq, &work->dwork, delay);
	/* A worker that is about to begin lets go of the work before it takes it out of the list. */
	if (queued && list_empty(&work->node))
		list_add(&work->node, &delayed_works);
	raw_spin_unlock_irqrestore(&delayed_works_lock, flags);
	return queued;
}

__rust_helper void rust_helper_delayed_work_begins(struct rkmbuild_delayed_work *work)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&delayed_works_lock, flags);
	/* Unless it was queued once more already, and is in the list for that. */
	if (!delayed_work_pending(&work->dwork))
		list_del_init(&work->node);
	raw_spin_unlock_irqrestore(&delayed_works_lock, flags);
}

/*
 * Work whose timer does not run any more is with a worker already. As flush_delayed_work() does it.
 * NULL: of all queues.
 */
__rust_helper void rust_helper_hasten_delayed_work(struct workqueue_struct *wq)
{
	struct rkmbuild_delayed_work *work;
	unsigned long flags;

	raw_spin_lock_irqsave(&delayed_works_lock, flags);
	list_for_each_entry(work, &delayed_works, node)
		if ((!wq || work->dwork.wq == wq) &&
		    rust_helper_timer_delete_sync(&work->dwork.timer))
			delayed_work_timer_fn(&work->dwork.timer);
	raw_spin_unlock_irqrestore(&delayed_works_lock, flags);
}

/*
 * Work of ours on a queue of the kernel's has counted itself as done in its last instructions, which
 * the worker may still be at. It does not sleep there: once each thread of the kernel has done so of
 * its own accord, none is.
 */
__rust_helper void rust_helper_leave_system_queues(void)
{
	synchronize_rcu_tasks();
}

/* Each queue has a class of its own, by its key: wq_init_lockdep() in kernel/workqueue.c. */
__rust_helper struct workqueue_struct *rust_helper_alloc_workqueue(const char *name)
{
	/* Linux 7.2 warns where nothing says that each processor does what it queues. */
#ifdef RKMBUILD_HAS_WQ_PERCPU
	return alloc_workqueue("%s", WQ_PERCPU, 0, name);
#else
	return alloc_workqueue("%s", 0, 0, name);
#endif
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
