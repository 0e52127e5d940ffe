/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel has as macros and inline functions only. */
#ifndef BPF_TRACE_SHIM_H
#define BPF_TRACE_SHIM_H

#include <linux/types.h>

/* Whether the machine is locked down against programs that read the kernel, or write user space. */
bool bpf_trace_reading_is_locked(void);
bool bpf_trace_writing_is_locked(void);

/* Whether this runs for a process that lives, and not in an interrupt that came in between. */
bool bpf_trace_in_process(void);

/* Whether interrupts are off, as under a lock that they take too. */
bool bpf_trace_interrupts_are_off(void);

/* Whether this process is in a cgroup, or below it: 0, 1, or a negative errno. */
int bpf_trace_in_cgroup(u64 id);

#endif
