// SPDX-License-Identifier: GPL-2.0

#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/timer.h>

#include "helpers.h"

/* hrtimer_setup() takes the function since 6.13; before, it was a field of its own. */
__rust_helper void rust_helper_hrtimer_setup(struct hrtimer *timer,
					     enum hrtimer_restart (*function)(struct hrtimer *),
					     clockid_t clock, enum hrtimer_mode mode)
{
#ifdef RKMBUILD_HAS_hrtimer_setup
	hrtimer_setup(timer, function, clock, mode);
#else
	hrtimer_init(timer, clock, mode);
	timer->function = function;
#endif
}

__rust_helper void rust_helper_timer_setup(struct timer_list *timer,
					   void (*function)(struct timer_list *))
{
	timer_setup(timer, function, 0);
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
