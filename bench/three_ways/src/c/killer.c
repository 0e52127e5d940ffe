// SPDX-License-Identifier: GPL-2.0
/* Chooses whom to kill, as the kernel does where memory runs out (mm/oom_kill.c). */
#include "c.h"

static long badness(const struct candidate *task, unsigned long total)
{
	long points;

	if (task->untouchable || task->adj == OOM_SCORE_ADJ_MIN)
		return LONG_MIN;
	points = task->rss + task->swap + task->tables / PAGE_SIZE;
	return points + task->adj * (long)(total / 1000);
}

pid_t c_killer_choose(void *me, unsigned long total)
{
	struct c_killer *killer = &((struct c_way *)me)->killer;
	long most = LONG_MIN;
	pid_t victim = 0;
	unsigned int i;

	mutex_lock(&killer->lock);
	for (i = 0; i < killer->length; i++) {
		const struct candidate *task = &killer->tasks[i];
		long points = badness(task, total);

		if (points > most) {
			most = points;
			victim = task->pid;
		}
	}
	mutex_unlock(&killer->lock);
	return victim;
}

int c_killer_add(void *me, const struct candidate *task)
{
	struct c_killer *killer = &((struct c_way *)me)->killer;
	int error = 0;

	mutex_lock(&killer->lock);
	if (killer->length < CANDIDATES)
		killer->tasks[killer->length++] = *task;
	else
		error = -ENOMEM;
	mutex_unlock(&killer->lock);
	return error;
}

int c_killer_start(struct c_killer *killer)
{
	mutex_init(&killer->lock);
	killer->length = 0;
	killer->tasks = kmalloc_array(CANDIDATES, sizeof(*killer->tasks), GFP_KERNEL);
	return killer->tasks ? 0 : -ENOMEM;
}

void c_killer_stop(struct c_killer *killer)
{
	kfree(killer->tasks);
}
