// SPDX-License-Identifier: GPL-2.0

#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "helpers.h"

__rust_helper unsigned long rust_helper_msecs_to_jiffies(unsigned int msecs)
{
	return msecs_to_jiffies(msecs);
}

__rust_helper s64 rust_helper_ktime_get(void)
{
	return ktime_to_ns(ktime_get());
}

__rust_helper s64 rust_helper_ktime_get_boottime(void)
{
	return ktime_to_ns(ktime_get_boottime());
}

__rust_helper s64 rust_helper_ktime_get_real(void)
{
	return ktime_to_ns(ktime_get_real());
}

__rust_helper s64 rust_helper_ktime_get_clocktai(void)
{
	return ktime_to_ns(ktime_get_clocktai());
}

__rust_helper void rust_helper_fsleep(unsigned long usecs)
{
	fsleep(usecs);
}

__rust_helper void rust_helper_udelay(unsigned long usecs)
{
	udelay(usecs);
}
