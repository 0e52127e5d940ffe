// SPDX-License-Identifier: GPL-2.0
/*
 * A module that has one of everything that the loader and the kernel read of a module, and does
 * nothing: what a test damages here is never run, so that the loader's answer is all there is.
 */
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/dma-buf.h>
#include <linux/jump_label.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/cpufeature.h>
#include <asm/word-at-a-time.h>

static int level = 3;
module_param(level, int, 0644);
MODULE_PARM_DESC(level, "A parameter");

static DEFINE_PER_CPU(long, counter);
static DEFINE_STATIC_KEY_FALSE(key);
static atomic_t users = ATOMIC_INIT(0);
static int table[64];

/* What only the ends of these names make into extended modversions. */
#define NAMED_LATER __used __aligned(4)
static const u32 crcs[] NAMED_LATER __section("not__version_ext_crcs") = { 1, 2 };
static const char names[] NAMED_LATER __section("not__version_ext_names") = "a\0b";

struct operations {
	int (*run)(int n);
	void (*put)(struct dma_buf *buf);
	const char *name;
};

int subject_work(const struct operations *with, int n);
int subject_hidden(int n);
void subject_put(struct dma_buf *buf);

noinline int subject_hidden(int n)
{
	return cpu_feature_enabled(X86_FEATURE_FSRM) ? n : -n;
}

static noinline int run(int n)
{
	if (static_branch_unlikely(&key))
		pr_info("subject: %d of %d\n", n, level);
	if (WARN_ON(n < 0))
		return -EINVAL;
	atomic_add(n, &users);
	this_cpu_add(counter, n);
	return table[n & 63] + atomic_read(&users);
}

static struct operations operations = { .run = run, .put = dma_buf_put, .name = "subject" };

int subject_work(const struct operations *with, int n)
{
	char *copy = kmalloc(64 + n, GFP_KERNEL);
	int found;

	if (!copy)
		return -ENOMEM;
	memset(copy, n, 64);
	found = (with ? with : &operations)->run(n) + load_unaligned_zeropad(copy) + subject_hidden(n);
	kfree(copy);
	return found;
}
EXPORT_SYMBOL(subject_work);

void subject_put(struct dma_buf *buf)
{
	operations.put(buf);
}
EXPORT_SYMBOL_GPL(subject_put);

static int __init subject_init(void)
{
	return 0;
}
module_init(subject_init);

static void __exit subject_exit(void)
{
}
module_exit(subject_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What the loader reads, and nothing that is run");
/* MODULE_IMPORT_NS takes a string from 6.13 on, and a bare word before. */
MODULE_INFO(import_ns, "DMA_BUF");
