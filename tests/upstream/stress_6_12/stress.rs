// SPDX-License-Identifier: GPL-2.0

//! Works on shared data from many work items at once, and counts whether all of it came out right.
//!
//! What 6.12's crate has of what the module of that name for 7.3 works on: it has no `XArray`, no
//! `Revocable` and no RCU, and its atomics are those of `core`.

use core::sync::atomic::{AtomicI64, Ordering::Relaxed};
use kernel::{
    new_condvar, new_mutex, new_spinlock,
    prelude::*,
    rbtree::RBTree,
    sync::{Arc, CondVar, Mutex, SpinLock},
    workqueue,
};

const WORKERS: usize = 8;
const ROUNDS: usize = 500;
/// More than kmalloc gives: the vector has to be one of vmalloc by then.
const LONG: usize = 8 << 20;

static MADE: AtomicI64 = AtomicI64::new(0);
static DROPPED: AtomicI64 = AtomicI64::new(0);

module! {
    type: Stress,
    name: "stress",
    author: "rkmbuild",
    description: "Works on shared data from many work items at once",
    license: "GPL",
}

/// A value whose makings and droppings are counted.
struct Counted(u64);

impl Counted {
    fn new(value: u64) -> Self {
        MADE.fetch_add(1, Relaxed);
        Counted(value)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
    }
}

#[pin_data]
struct Shared {
    /// How many work items are at their end.
    #[pin]
    ended: Mutex<usize>,
    #[pin]
    all_ended: CondVar,
    /// Tokens that one half of the workers gives to the other.
    #[pin]
    tokens: Mutex<usize>,
    #[pin]
    token_given: CondVar,
    #[pin]
    slept_on: Mutex<u64>,
    #[pin]
    spun_on: SpinLock<u64>,
    #[pin]
    tree: Mutex<RBTree<u64, Arc<Counted>>>,
    #[pin]
    vector: Mutex<KVVec<u64>>,
    failures: AtomicI64,
}

impl Shared {
    fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            try_pin_init!(Shared {
                ended <- new_mutex!(0),
                all_ended <- new_condvar!(),
                tokens <- new_mutex!(0),
                token_given <- new_condvar!(),
                slept_on <- new_mutex!(0),
                spun_on <- new_spinlock!(0),
                tree <- new_mutex!(RBTree::new()),
                vector <- new_mutex!(KVVec::new()),
                failures: AtomicI64::new(0),
            }),
            GFP_KERNEL,
        )
    }

    /// What one work item does.
    fn work(&self, worker: usize) -> Result {
        for round in 0..ROUNDS {
            let key = (worker * ROUNDS + round) as u64;
            *self.slept_on.lock() += 1;
            *self.spun_on.lock() += 1;
            self.vector.lock().push(key, GFP_KERNEL)?;

            let value = Arc::new(Counted::new(key), GFP_KERNEL)?;
            self.tree
                .lock()
                .try_create_and_insert(key, value.clone(), GFP_KERNEL)?;
            // Every other one stays until the module goes.
            if round % 2 == 0 {
                let found = self.tree.lock().remove(&key).ok_or(ENOENT)?;
                if !Arc::ptr_eq(&found, &value) || found.0 != key {
                    return Err(EINVAL);
                }
            }

            if worker % 2 == 0 {
                *self.tokens.lock() += 1;
                self.token_given.notify_one();
            } else {
                let mut tokens = self.tokens.lock();
                while *tokens == 0 {
                    self.token_given.wait(&mut tokens);
                }
                *tokens -= 1;
            }
        }
        Ok(())
    }

    /// Starts the work items, and waits until all are at their end.
    fn run(self: &Arc<Self>) -> Result {
        for worker in 0..WORKERS {
            let shared = self.clone();
            workqueue::system_unbound().try_spawn(GFP_KERNEL, move || {
                if let Err(error) = shared.work(worker) {
                    pr_err!("worker {worker} failed: {error:?}\n");
                    shared.failures.fetch_add(1, Relaxed);
                    // Nobody shall wait for what this one does not give.
                    *shared.tokens.lock() += ROUNDS;
                    shared.token_given.notify_all();
                }
                *shared.ended.lock() += 1;
                shared.all_ended.notify_all();
            })?;
        }
        let mut ended = self.ended.lock();
        while *ended < WORKERS {
            self.all_ended.wait(&mut ended);
        }
        Ok(())
    }

    /// Tells whether all came out as it has to.
    fn check(&self) -> Result {
        let all = (WORKERS * ROUNDS) as u64;
        let vector = self.vector.lock();
        let sum: u64 = vector.iter().sum();
        let tree = self.tree.lock();
        let in_order = tree.keys().zip(tree.keys().skip(1)).all(|(a, b)| a < b);
        pr_info!(
            "{} under the mutex, {} under the spin lock, {} in the vector, {} in the tree\n",
            *self.slept_on.lock(),
            *self.spun_on.lock(),
            vector.len(),
            tree.keys().count(),
        );
        let well = self.failures.load(Relaxed) == 0
            && *self.slept_on.lock() == all
            && *self.spun_on.lock() == all
            && vector.len() as u64 == all
            && sum == all * (all - 1) / 2
            && in_order
            && tree.keys().count() == WORKERS * (ROUNDS / 2)
            && *self.tokens.lock() == 0;
        if well {
            Ok(())
        } else {
            Err(EINVAL)
        }
    }
}

fn long_vector() -> Result {
    let mut vector = KVVec::<u8>::with_capacity(LONG, GFP_KERNEL)?;
    vector.extend_with(LONG, 0xa5, GFP_KERNEL)?;
    if vector.iter().all(|&byte| byte == 0xa5) && vector.len() == LONG {
        Ok(())
    } else {
        Err(EINVAL)
    }
}

struct Stress;

impl kernel::Module for Stress {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        long_vector()?;
        let shared = Shared::new()?;
        shared.run()?;
        shared.check()?;
        // The last work item may still hold it; what it held is counted when the module goes.
        drop(shared);
        Ok(Stress)
    }
}

impl Drop for Stress {
    fn drop(&mut self) {
        pr_info!(
            "made {}, dropped {}\n",
            MADE.load(Relaxed),
            DROPPED.load(Relaxed)
        );
    }
}
