// SPDX-License-Identifier: GPL-2.0
/* A timer that counts its ticks, and starts itself anew. */
#include "c.h"

/* So long that the kernel has no timers of its own beside it, which take longer to be put among. */
#define PERIOD 1000000

static void c_tick_run(struct timer_list *timer)
{
	struct c_tick *tick = container_of(timer, struct c_tick, timer);

	atomic64_inc(&tick->ticks);
	mod_timer(&tick->timer, jiffies + PERIOD);
}

u64 c_tick_ticks(void *me)
{
	struct c_tick *tick = &((struct c_way *)me)->tick;

	return atomic64_read(&tick->ticks);
}

void c_tick_start(struct c_tick *tick)
{
	atomic64_set(&tick->ticks, 0);
	timer_setup(&tick->timer, c_tick_run, 0);
}

void c_tick_stop(struct c_tick *tick)
{
#ifdef RKMBUILD_HAS_timer_delete_sync
	timer_delete_sync(&tick->timer);
#else
	del_timer_sync(&tick->timer);
#endif
}
