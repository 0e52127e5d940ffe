/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the C file of a module with kfuncs has, before and around the lines that kfuncs.awk makes.
 */
#ifndef RKMBUILD_KFUNCS_H
#define RKMBUILD_KFUNCS_H

#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>

#if !defined(CONFIG_BPF_SYSCALL) || !defined(CONFIG_DEBUG_INFO_BTF_MODULES)
#error "this kernel has no kfuncs of modules: CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF_MODULES"
#endif

/* The words of #[bpf_kfunc], as far as this kernel has them. */
#define RKMBUILD_KF_acquire KF_ACQUIRE
#define RKMBUILD_KF_release KF_RELEASE
#define RKMBUILD_KF_ret_null KF_RET_NULL
#define RKMBUILD_KF_sleepable KF_SLEEPABLE
#define RKMBUILD_KF_destructive KF_DESTRUCTIVE
/* Linux 7.0 takes all arguments of all kfuncs to be so (7646c7afd9a9). */
#ifdef KF_TRUSTED_ARGS
#define RKMBUILD_KF_trusted_args KF_TRUSTED_ARGS
#else
#define RKMBUILD_KF_trusted_args 0
#endif
#ifdef KF_RCU
#define RKMBUILD_KF_rcu KF_RCU
#endif

#define RKMBUILD_PROG_tracing BPF_PROG_TYPE_TRACING
#define RKMBUILD_PROG_syscall BPF_PROG_TYPE_SYSCALL
#define RKMBUILD_PROG_kprobe BPF_PROG_TYPE_KPROBE
#define RKMBUILD_PROG_tc BPF_PROG_TYPE_SCHED_CLS
#define RKMBUILD_PROG_xdp BPF_PROG_TYPE_XDP
#define RKMBUILD_PROG_struct_ops BPF_PROG_TYPE_STRUCT_OPS

/* Since Linux 6.9 a set says that it is one of kfuncs (6e7769e6419f). */
#ifndef BTF_SET8_KFUNCS
#define BTF_SET8_KFUNCS 0
#endif

/*
 * The kfuncs of one hook: each stands there by its number in the module, in whose place its id in the
 * module's BTF comes once there is one.
 */
#define RKMBUILD_KFUNCS(hook, count, ...)					\
	static const struct {							\
		u32 count_, flags;						\
		u32 pairs[count][2];						\
	} rkmbuild_kfuncs_##hook __used __aligned(4) __section(".BTF_ids") =	\
		{ count, BTF_SET8_KFUNCS, { __VA_ARGS__ } };

/* The Rust code's own init, which runs once its kfuncs are known. */
int rkmbuild_init_module(void);

#define RKMBUILD_REGISTER(hook) ({						\
	static const struct btf_kfunc_id_set set_ = {				\
		.owner = THIS_MODULE,						\
		.set = (struct btf_id_set8 *)&rkmbuild_kfuncs_##hook,		\
	};									\
	int err_ = register_btf_kfunc_id_set(RKMBUILD_PROG_##hook, &set_);	\
										\
	if (err_)								\
		pr_err(KBUILD_MODNAME ": this kernel takes no kfuncs for "	\
		       #hook " programs (%d)\n", err_);				\
	err_;									\
})

#endif
