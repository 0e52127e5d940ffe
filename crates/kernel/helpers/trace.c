// SPDX-License-Identifier: GPL-2.0

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/ptrace.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "helpers.h"

__rust_helper unsigned long rust_helper_instruction_pointer(struct pt_regs *regs)
{
	return instruction_pointer(regs);
}

__rust_helper unsigned long rust_helper_regs_argument(struct pt_regs *regs, unsigned int n)
{
	return regs_get_kernel_argument(regs, n);
}

__rust_helper unsigned long rust_helper_regs_return_value(struct pt_regs *regs)
{
	return regs_return_value(regs);
}

#ifdef CONFIG_KRETPROBES
/* NULL where the probe is being taken away. */
__rust_helper struct kretprobe *rust_helper_get_kretprobe(struct kretprobe_instance *ri)
{
	return get_kretprobe(ri);
}

__rust_helper void *rust_helper_kretprobe_data(struct kretprobe_instance *ri)
{
	return ri->data;
}
#endif

#ifdef CONFIG_TRACEPOINTS
struct find_tracepoint {
	const char *name;
	struct tracepoint *found;
};

static void __maybe_unused compare_tracepoint(struct tracepoint *tp, void *priv)
{
	struct find_tracepoint *find = priv;

	if (!strcmp(tp->name, find->name))
		find->found = tp;
}

/*
 * Those of the kernel itself, not of modules.
 * In its place: a `kprobe::Kprobe` at a function on the way
 */
__rust_helper struct tracepoint *rust_helper_find_tracepoint(const char *name)
{
	struct find_tracepoint find = { .name = name };

	for_each_kernel_tracepoint(compare_tracepoint, &find);
	return find.found;
}

__rust_helper void rust_helper_tracepoint_synchronize_unregister(void)
{
	tracepoint_synchronize_unregister();
}
#endif

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_ARGS
/* Has one more name or pattern called, or the first one. */
static int __maybe_unused add_ftrace_filter(struct ftrace_ops *ops, const char *pattern)
{
	char *filter;
	int ret;

	/* It would take functions off an empty filter, which as such stands for all there are. */
	if (*pattern == '!')
		return -EINVAL;
	/* ftrace may write into what it parses. */
	filter = kstrdup(pattern, GFP_KERNEL);
	if (!filter)
		return -ENOMEM;
	ret = ftrace_set_filter(ops, filter, strlen(filter), 0);
	kfree(filter);
	return ret;
}

/*
 * With FTRACE_OPS_FL_RECURSION, ftrace sees to it that the function is not entered from within itself,
 * and that preemption is off; with FTRACE_OPS_FL_RCU, that it is called only where RCU is watching.
 * In its place: a `kprobe::Kprobe`, one for each function
 */
__rust_helper int rust_helper_register_ftrace(struct ftrace_ops *ops, const char *pattern,
					      void (*func)(unsigned long ip, unsigned long parent_ip,
							   struct ftrace_ops *ops,
							   struct ftrace_regs *fregs))
{
	int ret;

	ops->func = func;
	ops->flags = FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_RCU;
	ret = add_ftrace_filter(ops, pattern);
	if (!ret)
		ret = register_ftrace_function(ops);
	if (ret)
		ftrace_free_filter(ops);
	return ret;
}

/* Not where ftrace found that it had gone wrong, and turned itself off (ftrace_kill()). */
__rust_helper int rust_helper_unregister_ftrace(struct ftrace_ops *ops)
{
	int ret = unregister_ftrace_function(ops);

	if (!ret)
		ftrace_free_filter(ops);
	return ret;
}

__rust_helper unsigned long rust_helper_ftrace_argument(struct ftrace_regs *fregs, unsigned int n)
{
#ifdef RKMBUILD_HAS_ftrace_regs_get_argument
	return ftrace_regs_get_argument(fregs, n);
#else
	return regs_get_kernel_argument(&fregs->regs, n);
#endif
}
#endif

#ifdef CONFIG_DYNAMIC_FTRACE_WITH_REGS
/* What runs in place of a function that is not to run. */
static long __maybe_unused give_back(long value)
{
	return value;
}

/*
 * With FTRACE_OPS_FL_IPMODIFY the function may say where the kernel goes on; one alone at a time may, of
 * any function. With FTRACE_OPS_FL_PERMANENT, kernel.ftrace_enabled does not switch it off.
 * In its place: nothing that modules have; CONFIG_BPF_KPROBE_OVERRIDE is for BPF programs
 */
__rust_helper int rust_helper_register_ftrace_gate(struct ftrace_ops *ops, const char *const *names,
						   size_t count,
						   void (*func)(unsigned long ip,
								unsigned long parent_ip,
								struct ftrace_ops *ops,
								struct ftrace_regs *fregs))
{
	/* Without a filter it would be all functions that there are. */
	int ret = -EINVAL;
	size_t i;

	ops->func = func;
	ops->flags = FTRACE_OPS_FL_RECURSION | FTRACE_OPS_FL_RCU | FTRACE_OPS_FL_SAVE_REGS |
		     FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT;
	for (i = 0; i < count; i++) {
		ret = add_ftrace_filter(ops, names[i]);
		if (ret)
			break;
	}
	if (!ret)
		ret = register_ftrace_function(ops);
	if (ret)
		ftrace_free_filter(ops);
	return ret;
}

/*
 * Has the function that is being entered return a value without having run. Who takes the ops away
 * waits, in unregister_ftrace_function(), until each task has gone on from where this sends it:
 * synchronize_rcu_tasks(), or its like for a kernel that preempts nothing, because `ops` are none of the
 * kernel's own (FTRACE_OPS_FL_DYNAMIC).
 */
__rust_helper void rust_helper_ftrace_give_back(struct ftrace_regs *fregs, long value)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);

#ifdef CONFIG_X86
	regs->di = value;
#else
	/* The first argument is where the result will be. */
	regs_set_return_value(regs, value);
#endif
	instruction_pointer_set(regs, (unsigned long)give_back);
}
#endif
