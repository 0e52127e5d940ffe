// SPDX-License-Identifier: GPL-2.0

#include <linux/prandom.h>
#include <linux/random.h>

#include "helpers.h"

/* Called prandom_u32_max() up to 6.1. */
__rust_helper u32 rust_helper_get_random_u32_below(u32 ceil)
{
#ifdef RKMBUILD_HAS_get_random_u32_below
	return get_random_u32_below(ceil);
#else
	return prandom_u32_max(ceil);
#endif
}
