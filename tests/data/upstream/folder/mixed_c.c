// SPDX-License-Identifier: GPL-2.0
#include <linux/export.h>
#include "mixed.h"

int mixed_next(int value)
{
	return value + MIXED_STEP;
}
EXPORT_SYMBOL_GPL(mixed_next);
