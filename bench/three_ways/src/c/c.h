/* SPDX-License-Identifier: GPL-2.0 */
#ifndef C_H
#define C_H

#include "../ways.h"

struct c_killer {
	struct mutex lock;
	unsigned int length;
	struct candidate *tasks;
};

struct slot {
	u64 key;
	u64 value;
};

struct c_map {
	spinlock_t lock;
	struct slot slots[SLOTS];
};

struct c_tick {
	struct timer_list timer;
	atomic64_t ticks;
};

/* What the functions of a way are given. */
struct c_way {
	struct c_killer killer;
	struct c_map map;
	struct c_tick tick;
};

int c_killer_start(struct c_killer *killer);
void c_killer_stop(struct c_killer *killer);
int c_killer_add(void *me, const struct candidate *task);
pid_t c_killer_choose(void *me, unsigned long total);

void c_map_start(struct c_map *map);
u64 c_map_count(void *me, u64 key, u64 more);

int c_packet_parse(void *me, const u8 *data, size_t size, struct flow *out);

void c_tick_start(struct c_tick *tick);
void c_tick_stop(struct c_tick *tick);
u64 c_tick_ticks(void *me);

int c_device_start(void);
void c_device_stop(void);

#endif
