// SPDX-License-Identifier: GPL-2.0

/* What a user of libbpf writes to call functions of examples/bpf_trace. */

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern __u64 bpf_trace_current_pid_tgid(void) __ksym;
extern long bpf_trace_print(__u8 *text, __u32 text__sz, __u64 value) __ksym;

__u64 ours, theirs;

SEC("tp_btf/sched_process_exec")
int on_exec(void *context)
{
	__u8 text[] = "it runs";

	ours = bpf_trace_current_pid_tgid();
	theirs = bpf_get_current_pid_tgid();
	bpf_trace_print(text, sizeof(text), ours >> 32);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
