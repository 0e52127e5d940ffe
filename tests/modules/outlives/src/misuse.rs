// SPDX-License-Identifier: GPL-2.0

//! What safe code can do wrong, and what comes of it.

use core::sync::atomic::{AtomicBool, Ordering};
use kernel::cpu;
use kernel::kthread::KThread;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::rcu;
use kernel::sync::{Arc, ArcBorrow, Mutex, SpinLock};
use kernel::time::hrtimer::{
    impl_has_hr_timer, ArcHrTimerHandle, HrTimer, HrTimerCallback, HrTimerCallbackContext,
    HrTimerPointer, HrTimerRestart, RelativeMode,
};
use kernel::time::{delay, Delta, Monotonic};
use kernel::{new_mutex, new_spinlock, proc_fs, sysctl};

/// A timer whose function waits until another thread has started it anew, and then puts it off.
#[pin_data]
struct Raced {
    runs: Atomic<u32>,
    began: AtomicBool,
    again: AtomicBool,
    forwarded: Atomic<u64>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Raced { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Raced {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        if this.runs.fetch_add(1, Full) > 0 {
            return HrTimerRestart::NoRestart;
        }
        this.began.store(true, Ordering::Release);
        while !this.again.load(Ordering::Acquire) {
            core::hint::spin_loop();
        }
        this.forwarded
            .store(ctx.forward_now(Delta::from_micros(1)), Relaxed);
        HrTimerRestart::Restart
    }
}

/// Starts a timer anew while its function runs on another processor.
pub(crate) fn race() -> Result {
    let raced = Arc::pin_init(
        pin_init!(Raced {
            runs: Atomic::<u32>::new(0),
            began: AtomicBool::new(false),
            again: AtomicBool::new(false),
            forwarded: Atomic::<u64>::new(7),
            timer <- HrTimer::new(),
        }),
        GFP_KERNEL,
    )?;
    let other = raced.clone();
    // Whichever of the two processors it begins on, the other one is there. It keeps that one to itself:
    // the timer's function waits for it, and would for ever where it had interrupted it.
    let thread = KThread::spawn(c"race", move || {
        let alone = cpu::get_cpu();
        while !other.began.load(Ordering::Acquire) {
            core::hint::spin_loop();
        }
        let handle = other.clone().start(Delta::from_millis(20));
        other.again.store(true, Ordering::Release);
        drop(alone);
        while other.runs.load(Relaxed) < 2 {
            delay::fsleep(Delta::from_millis(1));
        }
        drop(handle);
    })?;
    delay::fsleep(Delta::from_millis(10));
    let handle = raced.clone().start(Delta::from_millis(1));
    while raced.runs.load(Relaxed) < 2 {
        delay::fsleep(Delta::from_millis(1));
    }
    drop((handle, thread));
    pr_info!("put off by {}\n", raced.forwarded.load(Relaxed));
    Ok(())
}

/// A timer whose function drops the handle of the timer.
#[pin_data]
struct Quits {
    runs: Atomic<u32>,
    #[pin]
    handle: SpinLock<Option<ArcHrTimerHandle<Self>>>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Quits { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Quits {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.runs.add(1, Full);
        let handle = this.handle.lock().take();
        drop(handle);
        ctx.forward_now(Delta::from_millis(1));
        HrTimerRestart::Restart
    }
}

/// A timer and a thread that drop what they are kept by.
pub(crate) fn drop_themselves() -> Result {
    let quits = Arc::pin_init(
        pin_init!(Quits {
            runs: Atomic::<u32>::new(0),
            handle <- new_spinlock!(None),
            timer <- HrTimer::new(),
        }),
        GFP_KERNEL,
    )?;
    {
        let mut handle = quits.handle.lock_irqsave();
        *handle = Some(quits.clone().start(Delta::from_millis(1)));
    }
    let own = Arc::pin_init(new_mutex!(None::<KThread>), GFP_KERNEL)?;
    let mine = own.clone();
    let thread = KThread::spawn(c"quits", move || loop {
        let thread = mine.lock().take();
        if let Some(thread) = thread {
            drop(thread);
            pr_info!("the thread goes on\n");
            return;
        }
        delay::fsleep(Delta::from_millis(1));
    })?;
    *own.lock() = Some(thread);
    delay::fsleep(Delta::from_millis(100));
    pr_info!("the timer ran {} times\n", quits.runs.load(Relaxed));
    Ok(())
}

pub(crate) struct Nothing;

impl proc_fs::Show for Nothing {
    fn show(&self, _m: &kernel::seq_file::SeqFile) -> Result {
        Ok(())
    }
}

/// Registers settings and a file of names that are there, whoever can see them.
pub(crate) fn twice() -> Result<(sysctl::Table, proc_fs::Entry<Nothing>)> {
    let entry = |name| sysctl::Entry::new(name, 0o644, Atomic::<u32>::new(1));
    let folder = c"dev/outlives-twice";
    let table = sysctl::Table::register(folder, [entry(c"one")?, entry(c"two")?])?;
    let second = sysctl::Table::register(folder, [entry(c"three")?, entry(c"one")?]);
    let file = || proc_fs::Entry::new(c"outlives-twice", 0o444, KBox::new(Nothing, GFP_KERNEL)?);
    let first = file()?;
    pr_info!("second ones: {:?} {:?}\n", second.err(), file().err());
    Ok((table, first))
}

#[pin_data]
struct Locks {
    #[pin]
    mutex: Mutex<u32>,
    #[pin]
    spin: SpinLock<u32>,
}

/// Does what may sleep where nobody may.
pub(crate) fn sleep() -> Result {
    let locks = KBox::pin_init(
        pin_init!(Locks { mutex <- new_mutex!(1), spin <- new_spinlock!(2) }),
        GFP_KERNEL,
    )?;
    {
        let spin = locks.spin.lock();
        let _mutex = locks.mutex.lock(); // place: lock
        pr_info!("{}\n", *spin);
    }
    {
        let spin = locks.spin.lock_irqsave();
        delay::fsleep(Delta::from_micros(if *spin == 2 { 0 } else { 100 }));
        let memory = KBox::new(*spin, GFP_ATOMIC)?;
        drop(locks.mutex.try_lock());
        pr_info!("{}\n", *memory);
    }
    {
        let _guard = rcu::read_lock();
        let _mutex = locks.mutex.lock(); // place: rcu
    }
    let _spin = locks.spin.lock();
    drop(KBox::new(3, GFP_KERNEL)?);
    Ok(())
}
