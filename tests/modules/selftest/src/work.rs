// SPDX-License-Identifier: GPL-2.0

//! Work that is done later.

use crate::{check, Check};
use kernel::pin_init::stack_pin_init;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::Arc;
use kernel::time::{delay, msecs_to_jiffies, Delta, Instant, Monotonic};
use kernel::tracepoint::{declare_tracepoint, Probe, TracepointProbe};
use kernel::workqueue::{
    impl_has_delayed_work, new_delayed_work, DelayedWork, OwnedQueue, WorkItem,
};

pub(crate) const CHECKS: &[Check] = &[
    ("delayed work", delayed_work),
    ("delayed work that is about to begin", about_to_begin),
];

#[pin_data]
struct Later {
    done: Atomic<u32>,
    #[pin]
    work: DelayedWork<Later>,
}

impl_has_delayed_work! {
    impl HasDelayedWork<Self> for Later { self.work }
}

impl WorkItem for Later {
    type Pointer = Arc<Later>;

    fn run(this: Arc<Later>) {
        this.done.add(1, Full);
    }
}

fn later() -> Result<Arc<Later>> {
    Arc::pin_init(
        pin_init!(Later { done: Atomic::new(0), work <- new_delayed_work!("later") }),
        GFP_KERNEL,
    )
}

fn delayed_work() -> Result {
    let queue = OwnedQueue::new(c"later")?;
    let later = later()?;
    let start = Instant::<Monotonic>::now();
    check!(queue
        .enqueue_delayed(later.clone(), msecs_to_jiffies(20))
        .is_ok());
    check!(queue
        .enqueue_delayed(later.clone(), msecs_to_jiffies(20))
        .is_err());
    while later.done.load(Relaxed) == 0 {
        delay::fsleep(Delta::from_millis(1));
    }
    // A tick that has begun counts as one.
    check!(start.elapsed() >= Delta::from_millis(15));
    check!(queue.enqueue(later.clone()).is_ok());
    queue.flush();
    check!(later.done.load(Relaxed), 2);
    // What would have its time in an hour is done when the queue goes.
    check!(queue
        .enqueue_delayed(later.clone(), msecs_to_jiffies(3_600_000))
        .is_ok());
    drop(queue);
    check!(later.done.load(Relaxed), 3);
    check!(Arc::into_unique_or_drop(later).is_some());
    Ok(())
}

declare_tracepoint! {
    /// A worker begins with a work: it may be queued anew, and its function has not run yet.
    // SAFETY: TP_PROTO(struct work_struct *work), in include/trace/events/workqueue.h.
    unsafe struct ExecuteStart<'a>: "workqueue_execute_start" {
        work: *mut c_void,
    }
}

/// Queues an item once more when a worker begins with it.
struct Again {
    queue: Arc<OwnedQueue>,
    later: Arc<Later>,
    armed: Atomic<bool>,
}

impl Probe for Again {
    type Tracepoint = ExecuteStart<'static>;

    fn hit(&self, event: ExecuteStart<'_>) {
        let ours = core::ptr::from_ref(&self.later.work).cast();
        if event.work.cast_const() == ours && self.armed.xchg(false, Full) {
            let _ = self
                .queue
                .enqueue_delayed(self.later.clone(), msecs_to_jiffies(3_600_000));
        }
    }
}

fn about_to_begin() -> Result {
    let queue = Arc::new(OwnedQueue::new(c"again")?, GFP_KERNEL)?;
    let later = later()?;
    let again = Again {
        queue: queue.clone(),
        later: later.clone(),
        armed: Atomic::new(true),
    };
    let probe = KBox::pin_init(TracepointProbe::register(again), GFP_KERNEL)?;
    check!(queue.enqueue_delayed(later.clone(), 0).is_ok());
    queue.flush();
    check!(!probe.probe().armed.load(Relaxed));
    drop(probe);
    check!(later.done.load(Relaxed), 1);
    drop(queue);
    check!(later.done.load(Relaxed), 2);
    check!(Arc::into_unique_or_drop(later).is_some());
    Ok(())
}

/// Work that nobody queues: a pointer that could is to the heap.
pub(crate) fn on_the_stack() {
    stack_pin_init!(let later = pin_init!(Later {
        done: Atomic::new(0),
        work <- new_delayed_work!("later"),
    }));
    later.done.add(1, Relaxed);
}
