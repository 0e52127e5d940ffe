/* SPDX-License-Identifier: GPL-2.0 */
#ifndef EXPORTER_H
#define EXPORTER_H

#include <linux/types.h>

struct greeting {
	const char *name;
	u32 times;
};

extern int exporter_limit;

int exporter_greet(const struct greeting *greeting);
int exporter_count(void);
int exporter_reset(void);

#endif
