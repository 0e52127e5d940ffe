// SPDX-License-Identifier: GPL-2.0

//! Locks and counted references, as one thread can check them.

use crate::{check, Check};
use kernel::kthread::KThread;
use kernel::prelude::*;
use kernel::sync::atomic::{Acquire, Atomic, Full, Relaxed, Release};
use kernel::sync::barrier;
use kernel::sync::rcu::{self, Rcu};
use kernel::sync::{
    Arc, Completion, CondVar, CondVarTimeoutResult, LockedBy, Mutex, Refcount, RwSemaphore,
    SetOnce, SpinLock, UniqueArc,
};
use kernel::time::{delay, Delta, Jiffies};

pub(crate) const CHECKS: &[Check] = &[
    ("locks", locks),
    ("global locks", global),
    ("locks with interrupts off", interrupts),
    ("Arc", arcs),
    ("atomics", atomics),
    ("barriers and counted users", users),
    ("RCU", rcu_),
    ("completion", completion),
    ("condition variable", condition),
    ("set once", once),
];

#[pin_data]
struct Locks {
    #[pin]
    mutex: Mutex<u32>,
    #[pin]
    spin: SpinLock<u32>,
    #[pin]
    rw: RwSemaphore<u32>,
    #[pin]
    done: Completion,
    #[pin]
    changed: CondVar,
}

fn all() -> Result<Pin<KBox<Locks>>> {
    KBox::pin_init(
        pin_init!(Locks {
            mutex <- kernel::new_mutex!(1, "selftest"),
            spin <- kernel::new_spinlock!(2),
            rw <- kernel::new_rwsem!(3),
            done <- Completion::new(),
            changed <- kernel::new_condvar!(),
        }),
        GFP_KERNEL,
    )
}

/// Locks that are taken with interrupts off are given back in another order.
fn interrupts() -> Result {
    let a = all()?;
    // Made at a place of its own: of two locks of one place lockdep takes the second for the first.
    let b = KBox::pin_init(kernel::new_spinlock!(2), GFP_KERNEL)?;
    let rows = KBox::pin_init(kernel::new_rwlock!(4), GFP_KERNEL)?;
    // SAFETY: it has no precondition.
    let off = || unsafe { kernel::bindings::rust_helper_irqs_disabled() };
    // In real time they stay on.
    let expected = !cfg!(CONFIG_PREEMPT_RT);
    check!(!off());
    let first = a.spin.lock_irqsave();
    let second = b.lock_irqsave();
    let third = rows.write_irqsave();
    check!(off(), expected);
    drop(first);
    check!(off(), expected);
    drop(third);
    let fourth = rows.read_irqsave();
    drop(second);
    check!(off(), expected);
    drop(fourth);
    check!(!off());
    Ok(())
}

fn locks() -> Result {
    let locks = all()?;
    *locks.mutex.lock() += 10;
    check!(*locks.mutex.lock(), 11);
    {
        let _held = locks.mutex.lock();
        check!(locks.mutex.try_lock().is_none());
    }
    check!(locks.mutex.try_lock().is_some());
    {
        let mut held = locks.spin.lock_irqsave();
        *held += 1;
        check!(locks.spin.try_lock().is_none());
    }
    check!(*locks.spin.lock(), 3);
    {
        let read = locks.rw.read();
        check!(*read, 3);
        check!(locks.rw.try_write().is_none());
    }
    *locks.rw.write() = 4;
    check!(*locks.rw.read(), 4);
    let beside = LockedBy::new(&locks.mutex, 5_u8);
    let mut held = locks.mutex.lock();
    *beside.access_mut(&mut held) += 1;
    check!(*beside.access(&held), 6);
    Ok(())
}

kernel::sync::global_lock! {
    // SAFETY: `global` initialises it, once, before it is used.
    unsafe(uninit) static COUNTER: Mutex<u32> = 5;
}

fn global() -> Result {
    // SAFETY: this runs once, and nothing used it yet.
    unsafe { COUNTER.init() };
    *COUNTER.lock() += 1;
    check!(*COUNTER.lock(), 6);
    let held = COUNTER.lock();
    check!(COUNTER.try_lock().is_none());
    drop(held);
    Ok(())
}

fn arcs() -> Result {
    let one = Arc::new(5_u32, GFP_KERNEL)?;
    let two = one.clone();
    check!(Arc::ptr_eq(&one, &two));
    let borrow = one.as_arc_borrow();
    let three: Arc<u32> = borrow.into();
    check!(*three, 5);
    check!(Arc::into_unique_or_drop(one).is_none());
    drop(two);
    check!(Arc::into_unique_or_drop(three).is_some());
    let mut unique = UniqueArc::new(1_u32, GFP_KERNEL)?;
    *unique += 1;
    let shared: Arc<u32> = unique.into();
    let raw = shared.into_raw();
    // SAFETY: it was just given up.
    check!(*unsafe { Arc::from_raw(raw) }, 2);
    let task = kernel::task::current();
    check!(task.clone().pid(), current!().pid());
    Ok(())
}

fn atomics() -> Result {
    static COUNT: Atomic<u32> = Atomic::<u32>::new(1);
    COUNT.store(5, Release);
    check!(COUNT.fetch_add(2, Full), 5);
    check!(COUNT.load(Acquire), 7);
    check!(COUNT.cmpxchg(1, 2, Relaxed), Err(7));
    check!(COUNT.cmpxchg(7, 9, Full), Ok(7));
    check!(COUNT.xchg(1, Relaxed), 9);
    Ok(())
}

fn users() -> Result {
    let users = Refcount::new(1);
    users.inc();
    users.inc();
    users.dec();
    check!(!users.dec_and_test());
    barrier::smp_mb();
    barrier::smp_rmb();
    barrier::smp_wmb();
    check!(users.dec_and_test());
    users.set(1);
    check!(users.dec_and_test());
    Ok(())
}

fn rcu_() -> Result {
    let config = Rcu::new(KBox::new(1_u32, GFP_KERNEL)?);
    check!(config.read(&rcu::read_lock()).copied(), Some(1));
    check!(
        config.replace(KBox::new(2, GFP_KERNEL)?).map(|old| *old),
        Some(1)
    );
    check!(config.read(&rcu::read_lock()).copied(), Some(2));
    check!(config.take().map(|old| *old), Some(2));
    check!(config.read(&rcu::read_lock()).is_none());
    Ok(())
}

fn completion() -> Result {
    let locks = all()?;
    check!(!locks.done.wait_for_completion_timeout(1));
    locks.done.complete();
    locks.done.wait_for_completion();
    check!(!locks.done.wait_for_completion_timeout(1));
    locks.done.complete_all();
    locks.done.wait_for_completion();
    locks.done.wait_for_completion();
    // The limit is more than C knows.
    let ours = Arc::pin_init(Completion::new(), GFP_KERNEL)?;
    let theirs = ours.clone();
    let thread = KThread::spawn(c"completes", move || {
        delay::fsleep(Delta::from_millis(5));
        theirs.complete();
    })?;
    check!(ours.wait_for_completion_timeout(Jiffies::MAX));
    drop(thread);
    Ok(())
}

fn condition() -> Result {
    let locks = all()?;
    let mut held = locks.mutex.lock();
    let result = locks.changed.wait_interruptible_timeout(&mut held, 2);
    check!(matches!(result, CondVarTimeoutResult::Timeout));
    locks.changed.notify_one();
    locks.changed.notify_all();
    // The lock is ours again.
    check!(locks.mutex.try_lock().is_none());
    Ok(())
}

fn once() -> Result {
    static NAME: SetOnce<u32> = SetOnce::new();
    check!(NAME.as_ref().is_none());
    check!(NAME.populate(1));
    check!(!NAME.populate(2));
    check!(NAME.copy(), Some(1));
    Ok(())
}
