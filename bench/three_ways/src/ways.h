/* SPDX-License-Identifier: GPL-2.0 */
/* What is done in three ways, and what measures them. */
#ifndef WAYS_H
#define WAYS_H

#include <linux/fs.h>
#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/jiffies.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/oom.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/uio.h>

/* A task that may be killed: sizes in pages, but for its page tables', which is in bytes. */
struct candidate {
	pid_t pid;
	short adj;
	bool untouchable;
	unsigned long rss;
	unsigned long swap;
	unsigned long tables;
};

/* What a packet's headers say. */
struct flow {
	u32 source;
	u32 dest;
	u16 source_port;
	u16 dest_port;
	u16 payload;
};

/* IPv4 without options, then UDP: as they come from the wire. */
struct headers {
	u8 version;
	u8 tos;
	__be16 length;
	__be16 id;
	__be16 fragment;
	u8 ttl;
	u8 protocol;
	__be16 check;
	__be32 source;
	__be32 dest;
	__be16 source_port;
	__be16 dest_port;
	__be16 udp_length;
	__be16 udp_check;
} __packed;

#define CANDIDATES 128
#define SLOTS 256
#define ROOM 64

/* All of one way. `me` is what its functions are given. */
struct way {
	const char *name;
	void *me;
	int (*add)(void *me, const struct candidate *task);
	pid_t (*choose)(void *me, unsigned long total);
	u64 (*count)(void *me, u64 key, u64 more);
	int (*parse)(void *me, const u8 *data, size_t size, struct flow *out);
	struct timer_list *timer;
	u64 (*ticks)(void *me);
};

int c_start(struct way *way);
void c_stop(void);

/* Prints what each operation of a way costs, and what it gave. */
int measure(const struct way *way);
/* The same of functions that do nothing: what is to be taken off. */
int measure_nothing(void);

#endif
