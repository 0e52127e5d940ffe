// SPDX-License-Identifier: GPL-2.0

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/pid.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "shim.h"

/* Finds a folder, as the process that calls names it. */
struct path *containment_root(const char __user *name)
{
	struct path *root = kmalloc(sizeof(*root), GFP_KERNEL);
	int ret;

	if (!root)
		return ERR_PTR(-ENOMEM);
	ret = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, root);
	if (ret) {
		kfree(root);
		return ERR_PTR(ret);
	}
	return root;
}

void containment_put_root(struct path *root)
{
	path_put(root);
	kfree(root);
}

/*
 * Pipes, sockets, memory files and their like lie in no folder: who has one was given it, or made it.
 * (SB_NOUSER: a file system that nobody can mount.)
 */
bool containment_below(const struct path *root, const struct path *path)
{
	return path->dentry->d_sb->s_flags & SB_NOUSER || path_is_under(path, root);
}

const struct path *containment_path(const struct file *file)
{
	return &file->f_path;
}

/* Writes the path at the beginning of the room, and returns how long it is. It does not sleep. */
ssize_t containment_name(const struct path *path, char *name, size_t size)
{
	char *at = d_path(path, name, size);
	size_t length;

	if (IS_ERR(at))
		return PTR_ERR(at);
	length = strlen(at);
	memmove(name, at, length);
	return length;
}

/* Finds a process, and counts its user. Kernel threads are none, and the first process is not to be one. */
struct task_struct *containment_task(pid_t nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *task = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	if (!task)
		return ERR_PTR(-ESRCH);
	if (task->flags & PF_KTHREAD || is_global_init(task)) {
		put_task_struct(task);
		return ERR_PTR(-EPERM);
	}
	return task;
}

/* Tells whether no thread of its process runs user space any more: do_exit() counts before it tells. */
bool containment_is_over(const struct task_struct *task)
{
	return atomic_read(&task->signal->live) == 0;
}

void containment_kill(struct task_struct *task)
{
	send_sig(SIGKILL, task, 1);
}

bool containment_in_task(void)
{
	return in_task();
}

void containment_hold(void)
{
	__module_get(THIS_MODULE);
}

void containment_let_go(void)
{
	module_put(THIS_MODULE);
}

size_t containment_symbol(unsigned long address, char *name, size_t size)
{
	return scnprintf(name, size, "%ps", (void *)address);
}
