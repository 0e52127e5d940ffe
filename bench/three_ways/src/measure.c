// SPDX-License-Identifier: GPL-2.0
/*
 * Runs each operation of a way in a loop and prints what the loop took by the time stamp counter: of
 * a processor that counts instructions (qemu's -icount), these. The least of some batches is one that
 * no interrupt fell into. Each has an open file of its own, as memcpy() goes by where its operands lie
 * (arch/x86/lib/memcpy_64.S). Functions that do nothing are measured in the same loops: that is what the
 * loops themselves take.
 */
#include <asm/msr.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>

#include "ways.h"

#define BATCHES 8
#define TOTAL 131072UL

struct run {
	const struct way *way;
	struct file *files[BATCHES];
	struct file *file;
};

static u8 buffer[ROOM] __aligned(256);

struct operation {
	const char *name;
	unsigned int rounds;
	u64 (*once)(struct run *run, unsigned int round);
};

/* Numbers that are the same each time. */
static u32 number(u32 of)
{
	of = (of ^ 61) ^ (of >> 16);
	of *= 9;
	of ^= of >> 4;
	of *= 0x27d4eb2d;
	return of ^ (of >> 15);
}

static const u8 packet[] = {
	0x45, 0, 0, 60, 0x12, 0x34, 0x40, 0, 64, 17, 0x14, 0x7b, 10, 0, 0, 1, 10, 0, 0, 2,
	0x30, 0x39, 0, 53, 0, 40, 0, 0, [59] = 0,
};

static u64 choose(struct run *run, unsigned int round)
{
	return run->way->choose(run->way->me, TOTAL);
}

static u64 count(struct run *run, unsigned int round)
{
	return run->way->count(run->way->me, number(round % 180) | 1, round);
}

static u64 parse(struct run *run, unsigned int round)
{
	struct flow flow = {};
	int error = run->way->parse(run->way->me, packet, sizeof(packet), &flow);

	return error ? error : flow.source + flow.dest + flow.source_port + flow.dest_port + flow.payload;
}

/* Counts the kernel's own work of starting the timer as well, and that of stopping it. */
static u64 tick(struct run *run, unsigned int round)
{
	run->way->timer->function(run->way->timer);
#ifdef RKMBUILD_HAS_timer_delete
	timer_delete(run->way->timer);
#else
	del_timer(run->way->timer);
#endif
	return run->way->ticks(run->way->me);
}

static u64 write(struct run *run, unsigned int round)
{
	struct kvec vector = { .iov_base = buffer, .iov_len = ROOM };
	struct kiocb kiocb = { .ki_filp = run->file };
	struct iov_iter iov;

	buffer[0] = round;
	iov_iter_kvec(&iov, WRITE, &vector, 1, ROOM);
	return run->file->f_op->write_iter(&kiocb, &iov) + kiocb.ki_pos;
}

static u64 read(struct run *run, unsigned int round)
{
	struct kvec vector = { .iov_base = buffer, .iov_len = ROOM };
	struct kiocb kiocb = { .ki_filp = run->file };
	struct iov_iter iov;

	iov_iter_kvec(&iov, READ, &vector, 1, ROOM);
	return run->file->f_op->read_iter(&kiocb, &iov) + kiocb.ki_pos + buffer[0];
}

static const struct operation operations[] = {
	{ "killer", 200, choose },
	{ "map", 900, count },
	{ "packet", 1000, parse },
	{ "tick", 1000, tick },
	{ "write", 1000, write },
	{ "read", 1000, read },
};

static void measure_one(const struct operation *operation, struct run *run)
{
	u64 least = U64_MAX, result = 0;
	unsigned int batch, round;

	for (batch = 0; batch < BATCHES; batch++) {
		u64 before;

		run->file = run->files[batch];
		before = rdtsc_ordered();
		for (round = 0; round < operation->rounds; round++)
			result = operation->once(run, round);
		least = min(least, rdtsc_ordered() - before);
	}
	pr_info("measured %s %s: %llu in %u rounds, result %llu\n", operation->name, run->way->name,
		least, operation->rounds, result);
}

int measure(const struct way *way)
{
	struct run *run = kzalloc(sizeof(*run), GFP_KERNEL);
	char path[40];
	unsigned int i, opened;
	int error = 0;

	if (!run)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/dev/three-ways-%s", way->name);
	run->way = way;
	for (opened = 0; opened < BATCHES; opened++) {
		run->files[opened] = filp_open(path, O_RDWR, 0);
		if (IS_ERR(run->files[opened])) {
			error = PTR_ERR(run->files[opened]);
			break;
		}
	}
	for (i = 0; i < CANDIDATES && !error; i++) {
		struct candidate task = {
			.pid = 100 + i,
			.adj = i % 16 == 7 ? OOM_SCORE_ADJ_MIN : (short)(number(i) % 400) - 200,
			.untouchable = i % 11 == 0,
			.rss = number(3 * i) % 40000,
			.swap = number(5 * i) % 9000,
			.tables = number(7 * i) % 900 * 512,
		};

		error = way->add(way->me, &task);
	}
	for (i = 0; i < ARRAY_SIZE(operations) && !error; i++)
		measure_one(&operations[i], run);
	while (opened)
		filp_close(run->files[--opened], NULL);
	kfree(run);
	return error;
}

static int nothing_add(void *me, const struct candidate *task)
{
	return 0;
}

static pid_t nothing_choose(void *me, unsigned long total)
{
	return 0;
}

static u64 nothing_count(void *me, u64 key, u64 more)
{
	return 0;
}

static int nothing_parse(void *me, const u8 *data, size_t size, struct flow *out)
{
	return 0;
}

static void nothing_run(struct timer_list *timer)
{
}

static u64 nothing_ticks(void *me)
{
	return 0;
}

static ssize_t nothing_io(struct kiocb *kiocb, struct iov_iter *iov)
{
	return 0;
}

static const struct file_operations nothing_operations = {
	.owner = THIS_MODULE,
	.read_iter = nothing_io,
	.write_iter = nothing_io,
};

static struct miscdevice nothing_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "three-ways-nothing",
	.fops = &nothing_operations,
};

int measure_nothing(void)
{
	static struct timer_list timer;
	const struct way nothing = {
		.name = "nothing",
		.add = nothing_add,
		.choose = nothing_choose,
		.count = nothing_count,
		.parse = nothing_parse,
		.timer = &timer,
		.ticks = nothing_ticks,
	};
	int error;

	timer_setup(&timer, nothing_run, 0);
	error = misc_register(&nothing_device);
	if (error)
		return error;
	error = measure(&nothing);
	misc_deregister(&nothing_device);
	return error;
}
