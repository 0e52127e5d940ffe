// A module in C with functions for BPF programs, laid out as the Rust macro has them.
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>

#ifndef BTF_SET8_KFUNCS
#define BTF_SET8_KFUNCS 0
#endif
#define KFUNC __used noinline

struct demo_object {
	int value;
};

u64 demo_add(u64 a, u64 b);
u64 demo_sum(const u8 *bytes, u32 bytes__sz);
int demo_pid(struct task_struct *task);
struct demo_object *demo_get(u64 value);
void demo_put(struct demo_object *object);

KFUNC u64 demo_add(u64 a, u64 b)
{
	return a + b;
}

KFUNC u64 demo_sum(const u8 *bytes, u32 bytes__sz)
{
	u64 sum = 0;

	while (bytes__sz--)
		sum += bytes[bytes__sz];
	return sum;
}

KFUNC int demo_pid(struct task_struct *task)
{
	return task->pid;
}

KFUNC struct demo_object *demo_get(u64 value)
{
	struct demo_object *object = kzalloc(sizeof(*object), GFP_ATOMIC);

	if (object)
		object->value = value;
	return object;
}

KFUNC void demo_put(struct demo_object *object)
{
	pr_info("put %d\n", object->value);
	kfree(object);
}

/* Ordinals in place of numbers, and not in the order of the numbers. */
static const struct {
	u32 cnt;
	u32 flags;
	u32 pairs[5][2];
} rkmbuild_kfuncs_syscall __used __section(".BTF_ids") = {
	5, BTF_SET8_KFUNCS,
	{ { 5, KF_RELEASE }, { 3, 0 }, { 1, 0 }, { 4, KF_ACQUIRE | KF_RET_NULL }, { 2, 0 } },
};

static struct btf_kfunc_id_set set = {
	.owner = THIS_MODULE,
	.set = (struct btf_id_set8 *)&rkmbuild_kfuncs_syscall,
};

static int __init start(void)
{
	return register_btf_kfunc_id_set(BPF_PROG_TYPE_SYSCALL, &set);
}

static void __exit stop(void)
{
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Functions for BPF programs");
MODULE_LICENSE("GPL");
