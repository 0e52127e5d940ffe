// SPDX-License-Identifier: GPL-2.0

#include <linux/device.h>
#include <linux/kern_levels.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "helpers.h"

/*
 * Log one message. `level` is the character of a KERN_ constant ('0' to '7', or 'c' to continue a
 * line). The text is an argument and no format, so that a % in it is only a %.
 */
__rust_helper void rust_helper_printk(char level, const char *prefix, size_t prefix_len, const char *text,
			size_t text_len)
{
	if (prefix_len)
		_printk(KERN_SOH "%c%.*s: %.*s", level, (int)prefix_len, prefix, (int)text_len,
			text);
	else
		_printk(KERN_SOH "%c%.*s", level, (int)text_len, text);
}

__rust_helper void rust_helper_dev_printk(char level, const struct device *dev, const char *text, size_t text_len)
{
	const char prefix[] = { KERN_SOH_ASCII, level, '\0' };

	_dev_printk(prefix, dev, "%.*s", (int)text_len, text);
}

__rust_helper bool rust_helper_ratelimit(struct ratelimit_state *rs, const char *name)
{
	static DEFINE_RAW_SPINLOCK(first);
	unsigned long flags;

	/* Zeroes are no lock where CONFIG_DEBUG_SPINLOCK looks at it: the first user makes one. */
	if (!smp_load_acquire(&rs->interval)) {
		/* As ___ratelimit(), which may run in an NMI: who does not get it does not print. */
		if (!raw_spin_trylock_irqsave(&first, flags))
			return false;
		if (!rs->interval) {
			ratelimit_state_init(rs, 0, DEFAULT_RATELIMIT_BURST);
			smp_store_release(&rs->interval, DEFAULT_RATELIMIT_INTERVAL);
		}
		raw_spin_unlock_irqrestore(&first, flags);
	}
	return ___ratelimit(rs, name);
}
