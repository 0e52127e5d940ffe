// SPDX-License-Identifier: GPL-2.0

#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/security.h>

#include "shim.h"

bool bpf_trace_reading_is_locked(void)
{
	return security_locked_down(LOCKDOWN_BPF_READ_KERNEL) != 0;
}

bool bpf_trace_writing_is_locked(void)
{
	return security_locked_down(LOCKDOWN_BPF_WRITE_USER) != 0;
}

bool bpf_trace_in_process(void)
{
	return !in_interrupt() && !(current->flags & (PF_KTHREAD | PF_EXITING));
}

bool bpf_trace_interrupts_are_off(void)
{
	return irqs_disabled();
}

int bpf_trace_in_cgroup(u64 id)
{
	struct cgroup *cgroup = cgroup_get_from_id(id);
	int is_in;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	rcu_read_lock();
	is_in = task_under_cgroup_hierarchy(current, cgroup);
	rcu_read_unlock();
	cgroup_put(cgroup);
	return is_in;
}
