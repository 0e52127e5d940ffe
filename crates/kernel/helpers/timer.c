// SPDX-License-Identifier: GPL-2.0

#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "helpers.h"

/*
 * CONFIG_DEBUG_OBJECTS_TIMERS wants to know of timers on a stack, and when they go; elsewhere the
 * functions for these are those for all. Only who makes a timer knows where it is, and that is pinned.
 */
static __maybe_unused bool timer_is_on_stack(const void *timer)
{
	return IS_ENABLED(CONFIG_DEBUG_OBJECTS_TIMERS) && object_is_on_stack(timer);
}

/* hrtimer_setup() takes the function since 6.13; before, it was a field of its own. */
__rust_helper void rust_helper_hrtimer_setup(struct rkmbuild_hrtimer *timer,
					     enum hrtimer_restart (*function)(struct hrtimer *),
					     clockid_t clock, enum hrtimer_mode mode)
{
#ifdef RKMBUILD_HAS_hrtimer_setup
	if (timer_is_on_stack(timer))
		hrtimer_setup_on_stack(&timer->timer, function, clock, mode);
	else
		hrtimer_setup(&timer->timer, function, clock, mode);
#else
	if (timer_is_on_stack(timer))
		hrtimer_init_on_stack(&timer->timer, clock, mode);
	else
		hrtimer_init(&timer->timer, clock, mode);
	timer->timer.function = function;
#endif
	/* One class for all: nothing is called with it that takes another of them. */
	raw_spin_lock_init(&timer->lock);
	timer->running = NULL;
	timer->stopped = false;
}

__rust_helper void rust_helper_hrtimer_destroy(struct rkmbuild_hrtimer *timer)
{
	if (timer_is_on_stack(timer))
		destroy_hrtimer_on_stack(&timer->timer);
}

__rust_helper void rust_helper_hrtimer_start(struct rkmbuild_hrtimer *timer, s64 expires,
					     enum hrtimer_mode mode)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&timer->lock, flags);
	hrtimer_start_range_ns(&timer->timer, expires, 0, mode);
	raw_spin_unlock_irqrestore(&timer->lock, flags);
}

/*
 * hrtimer_forward() changes the key of a node, without a lock, and is not for a timer that is queued:
 * while its function runs, another processor may queue it anew. Then that counts, and it is not put off.
 */
__rust_helper u64 rust_helper_hrtimer_forward(struct rkmbuild_hrtimer *timer, s64 now, s64 interval)
{
	unsigned long flags;
	u64 overruns = 0;

	raw_spin_lock_irqsave(&timer->lock, flags);
	if (!hrtimer_is_queued(&timer->timer))
		overruns = hrtimer_forward(&timer->timer, now, interval);
	raw_spin_unlock_irqrestore(&timer->lock, flags);
	return overruns;
}

__rust_helper void rust_helper_hrtimer_begins(struct rkmbuild_hrtimer *timer)
{
	WRITE_ONCE(timer->running, current);
}

/* True where it is not to go on. */
__rust_helper bool rust_helper_hrtimer_ends(struct rkmbuild_hrtimer *timer)
{
	bool stopped = READ_ONCE(timer->stopped);

	WRITE_ONCE(timer->stopped, false);
	WRITE_ONCE(timer->running, NULL);
	return stopped;
}

/* -1 where the timer's own function asks, for which hrtimer_cancel() would wait for ever. */
__rust_helper int rust_helper_hrtimer_cancel(struct rkmbuild_hrtimer *timer)
{
	if (READ_ONCE(timer->running) == current) {
		WRITE_ONCE(timer->stopped, true);
		return -1;
	}
	return hrtimer_cancel(&timer->timer);
}

/* As timer_setup(), where all timers that this function makes would be of one class. */
__rust_helper void rust_helper_timer_setup(struct timer_list *timer,
					   void (*function)(struct timer_list *),
					   unsigned int flags, const char *name,
					   struct lock_class_key *key)
{
#ifdef RKMBUILD_HAS_timer_init_key
	if (timer_is_on_stack(timer))
		timer_init_key_on_stack(timer, function, flags, name, key);
	else
		timer_init_key(timer, function, flags, name, key);
#else
	if (timer_is_on_stack(timer))
		init_timer_on_stack_key(timer, function, flags, name, key);
	else
		init_timer_key(timer, function, flags, name, key);
#endif
}

/* The timer is stopped. */
__rust_helper void rust_helper_timer_destroy(struct timer_list *timer)
{
	if (!timer_is_on_stack(timer))
		return;
#ifdef RKMBUILD_HAS_timer_init_key
	timer_destroy_on_stack(timer);
#else
	destroy_timer_on_stack(timer);
#endif
}

__rust_helper bool rust_helper_timer_pending(const struct timer_list *timer)
{
	return timer_pending(timer);
}

/* Up to 6.1 these were called del_timer() and del_timer_sync(), which 6.15 dropped. */
__rust_helper bool rust_helper_timer_delete(struct timer_list *timer)
{
#ifdef RKMBUILD_HAS_timer_delete
	return timer_delete(timer);
#else
	return del_timer(timer);
#endif
}

__rust_helper bool rust_helper_timer_delete_sync(struct timer_list *timer)
{
#ifdef RKMBUILD_HAS_timer_delete_sync
	return timer_delete_sync(timer);
#else
	return del_timer_sync(timer);
#endif
}

/* Without a shutdown of its own, del_timer_sync() stops what the timer's function alone restarts. */
__rust_helper void rust_helper_timer_shutdown_sync(struct timer_list *timer)
{
#ifdef RKMBUILD_HAS_timer_shutdown_sync
	timer_shutdown_sync(timer);
#else
	del_timer_sync(timer);
#endif
}

__rust_helper unsigned long rust_helper_nsecs_to_jiffies(u64 nsecs)
{
	return min_t(u64, DIV_ROUND_UP_ULL(nsecs, TICK_NSEC), MAX_JIFFY_OFFSET);
}
