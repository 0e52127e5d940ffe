// SPDX-License-Identifier: GPL-2.0

//! Work queues, threads, and a file in `/proc` that counts what they did.

#![no_std]

use kernel::kthread::{self, KThread};
use kernel::prelude::*;
use kernel::proc_fs;
use kernel::seq_file::{seq_print, SeqFile};
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::{Arc, Completion, CondVar, Mutex};
use kernel::time::{delay, Delta};
use kernel::workqueue::{impl_has_work, new_work, OwnedQueue, Work, WorkItem};

module! {
    type: Services,
    name: "services",
    authors: ["The rkmbuild developers"],
    description: "Work queues, threads, and a file in /proc",
    license: "GPL",
}

static RAN: Atomic<u64> = Atomic::<u64>::new(0);

static STARTED: Atomic<bool> = Atomic::<bool>::new(false);

struct Counts;

impl proc_fs::Show for Counts {
    fn show(&self, m: &SeqFile) -> Result {
        seq_print!(m, "ran {}\n", RAN.load(Relaxed));
        for n in 0..1000 {
            seq_print!(m, "line {n}\n");
        }
        Ok(())
    }
}

#[pin_data]
struct Job {
    value: u64,
    #[pin]
    work: Work<Job>,
    #[pin]
    done: Completion,
}

impl_has_work! {
    impl HasWork<Self> for Job { self.work }
}

impl WorkItem for Job {
    type Pointer = Arc<Job>;

    fn run(this: Arc<Job>) {
        RAN.add(this.value, Full);
        this.done.complete_all();
    }
}

#[pin_data]
struct Meeting {
    #[pin]
    turn: Mutex<u32>,
    #[pin]
    changed: CondVar,
}

struct Services {
    queue: OwnedQueue,
    _thread: KThread,
    _entry: proc_fs::Entry<Counts>,
}

static DROPPED: Atomic<u32> = Atomic::<u32>::new(0);

struct Owned;

impl Drop for Owned {
    fn drop(&mut self) {
        DROPPED.add(1, Full);
    }
}

/// Two threads that take turns.
fn meet() -> Result {
    let meeting = Arc::pin_init(
        pin_init!(Meeting {
            turn <- kernel::new_mutex!(0),
            changed <- kernel::new_condvar!(),
        }),
        GFP_KERNEL,
    )?;
    let take_turns = |meeting: Arc<Meeting>, mine: u32| {
        move || {
            for _ in 0..100 {
                let mut turn = meeting.turn.lock();
                while *turn % 2 != mine {
                    meeting.changed.wait(&mut turn);
                }
                *turn += 1;
                meeting.changed.notify_all();
            }
        }
    };
    let even = KThread::spawn(c"even", take_turns(meeting.clone(), 0))?;
    let odd = KThread::spawn(c"odd", take_turns(meeting.clone(), 1))?;
    pr_info!("thread {}\n", even.task().comm().to_str()?);
    while *meeting.turn.lock() < 200 {
        delay::fsleep(Delta::from_millis(1));
    }
    drop((even, odd));
    pr_info!("turns: {}\n", *meeting.turn.lock());
    Ok(())
}

impl kernel::Module for Services {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        let queue = OwnedQueue::new(c"services-100%s")?;
        let job = Arc::pin_init(
            pin_init!(Job {
                value: 40,
                work <- new_work!("job"),
                done <- Completion::new(),
            }),
            GFP_KERNEL,
        )?;
        queue.enqueue(job.clone()).map_err(|_| EBUSY)?;
        job.done.wait_for_completion();
        queue.try_spawn(GFP_KERNEL, || RAN.add(2, Full))?;
        queue.flush();
        kernel::workqueue::system().try_spawn(GFP_KERNEL, || RAN.add(1, Full))?;
        meet()?;
        let thread = KThread::spawn(c"services", || {
            STARTED.store(true, Relaxed);
            while !kthread::should_stop() {
                delay::fsleep(Delta::from_millis(5));
            }
            pr_info!("thread told to stop\n");
        })?;
        while !STARTED.load(Relaxed) {
            delay::fsleep(Delta::from_millis(1));
        }
        // Told to stop before it ran, if it comes to that: what it owns is dropped all the same.
        for _ in 0..20 {
            let owned = Owned;
            drop(KThread::spawn(c"short", move || drop(owned))?);
        }
        pr_info!("dropped {}\n", DROPPED.load(Relaxed));
        Ok(Services {
            queue,
            _thread: thread,
            _entry: proc_fs::Entry::new(c"services", 0o440, KBox::new(Counts, GFP_KERNEL)?)?,
        })
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        let late = || {
            delay::fsleep(Delta::from_millis(30));
            pr_info!("late work done\n");
        };
        if self.queue.try_spawn(GFP_KERNEL, late).is_err() {
            pr_err!("no memory\n");
        }
    }
}
