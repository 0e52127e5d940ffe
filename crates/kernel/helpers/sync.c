// SPDX-License-Identifier: GPL-2.0

#include <asm/barrier.h>
#include <linux/completion.h>
#include <linux/irqflags.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/swait.h>

#include "helpers.h"

__rust_helper void rust_helper_refcount_set(refcount_t *r, int n)
{
	refcount_set(r, n);
}

__rust_helper void rust_helper_refcount_inc(refcount_t *r)
{
	refcount_inc(r);
}

__rust_helper void rust_helper_refcount_dec(refcount_t *r)
{
	refcount_dec(r);
}

__rust_helper bool rust_helper_refcount_dec_and_test(refcount_t *r)
{
	return refcount_dec_and_test(r);
}

__rust_helper void rust_helper___mutex_init(struct mutex *lock, const char *name, struct lock_class_key *key)
{
	__mutex_init(lock, name, key);
}

__rust_helper void rust_helper_mutex_lock(struct mutex *lock)
{
	mutex_lock(lock);
}

/* A macro on kernels with CONFIG_DEBUG_LOCK_ALLOC from 6.17 on. */
__rust_helper bool rust_helper_mutex_trylock(struct mutex *lock)
{
	return mutex_trylock(lock);
}

__rust_helper void rust_helper___spin_lock_init(spinlock_t *lock, const char *name, struct lock_class_key *key)
{
#if defined(CONFIG_DEBUG_SPINLOCK) && defined(CONFIG_PREEMPT_RT)
	rt_mutex_base_init(&lock->lock);
	__rt_spin_lock_init(lock, name, key, false);
#elif defined(CONFIG_DEBUG_SPINLOCK)
	__raw_spin_lock_init(spinlock_check(lock), name, key, LD_WAIT_CONFIG);
#else
	spin_lock_init(lock);
#endif
}

/*
 * Locks that are taken with interrupts off may be given back in any order, and interrupts are to stay
 * off until the last one is: so each processor counts those that it has. In real time, interrupts stay
 * on.
 */
struct irqs_off {
	unsigned int depth;
	unsigned long flags;
};
static __maybe_unused DEFINE_PER_CPU(struct irqs_off, irqs_off);

static __maybe_unused unsigned long irqs_off_begin(void)
{
	unsigned long flags = 0;
#ifndef CONFIG_PREEMPT_RT
	struct irqs_off *off;

	local_irq_save(flags);
	off = this_cpu_ptr(&irqs_off);
	/* Left over where somebody slept with such a lock, and went on elsewhere. */
	if (!irqs_disabled_flags(flags))
		off->depth = 0;
	if (!off->depth++)
		off->flags = flags;
#endif
	return flags;
}

static __maybe_unused void irqs_off_end(unsigned long flags)
{
#ifndef CONFIG_PREEMPT_RT
	struct irqs_off *off = this_cpu_ptr(&irqs_off);

	if (off->depth) {
		if (--off->depth)
			return;
		flags = off->flags;
	}
	local_irq_restore(flags);
#endif
}

__rust_helper void rust_helper_spin_lock(spinlock_t *lock)
{
	spin_lock(lock);
}

__rust_helper bool rust_helper_spin_trylock(spinlock_t *lock)
{
	return spin_trylock(lock);
}

__rust_helper void rust_helper_spin_unlock(spinlock_t *lock)
{
	spin_unlock(lock);
}

__rust_helper unsigned long rust_helper_spin_lock_irqsave(spinlock_t *lock)
{
	unsigned long flags = irqs_off_begin();

	spin_lock(lock);
	return flags;
}

__rust_helper void rust_helper_spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
	irqs_off_end(flags);
}

__rust_helper void rust_helper_rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
#if defined(CONFIG_DEBUG_SPINLOCK) && defined(CONFIG_PREEMPT_RT)
	init_rwbase_rt(&lock->rwbase);
	__rt_rwlock_init(lock, name, key);
#elif defined(CONFIG_DEBUG_SPINLOCK)
	__rwlock_init(lock, name, key);
#else
	rwlock_init(lock);
#endif
}

__rust_helper void rust_helper_read_lock(rwlock_t *lock)
{
	read_lock(lock);
}

__rust_helper bool rust_helper_read_trylock(rwlock_t *lock)
{
	return read_trylock(lock);
}

__rust_helper void rust_helper_read_unlock(rwlock_t *lock)
{
	read_unlock(lock);
}

__rust_helper unsigned long rust_helper_read_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = irqs_off_begin();

	read_lock(lock);
	return flags;
}

__rust_helper void rust_helper_read_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	read_unlock(lock);
	irqs_off_end(flags);
}

__rust_helper void rust_helper_write_lock(rwlock_t *lock)
{
	write_lock(lock);
}

__rust_helper bool rust_helper_write_trylock(rwlock_t *lock)
{
	return write_trylock(lock);
}

__rust_helper void rust_helper_write_unlock(rwlock_t *lock)
{
	write_unlock(lock);
}

__rust_helper unsigned long rust_helper_write_lock_irqsave(rwlock_t *lock)
{
	unsigned long flags = irqs_off_begin();

	write_lock(lock);
	return flags;
}

__rust_helper void rust_helper_write_unlock_irqrestore(rwlock_t *lock, unsigned long flags)
{
	write_unlock(lock);
	irqs_off_end(flags);
}

/* As init_completion(), where all completions that this function makes would be of one class. */
__rust_helper void rust_helper_init_completion(struct completion *done, const char *name,
					       struct lock_class_key *key)
{
	done->done = 0;
	__init_swait_queue_head(&done->wait, name, key);
}

__rust_helper void rust_helper_rcu_read_lock(void)
{
	rcu_read_lock();
}

__rust_helper void rust_helper_rcu_read_unlock(void)
{
	rcu_read_unlock();
}

__rust_helper void rust_helper_smp_mb(void)
{
	smp_mb();
}

__rust_helper void rust_helper_smp_rmb(void)
{
	smp_rmb();
}

__rust_helper void rust_helper_smp_wmb(void)
{
	smp_wmb();
}
