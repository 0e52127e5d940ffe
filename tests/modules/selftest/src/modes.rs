// SPDX-License-Identifier: GPL-2.0

//! The modes of high-resolution timers, and what they are started by.

use crate::{check, Check};
use core::marker::PhantomData;
use kernel::cpu::{get_cpu, CpuId};
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Relaxed};
use kernel::sync::Completion;
use kernel::time::hrtimer::*;
use kernel::time::{delay, msecs_to_jiffies, Delta, Instant, Monotonic, RealTime, Tai};

pub(crate) const CHECKS: &[Check] = &[
    ("hrtimers at a moment", absolute),
    ("hrtimers after a while", relative),
    ("hrtimer in a scope of its own", exclusive),
];

/// When and where its timer's function ran.
#[pin_data]
struct Ran<M> {
    nanos: Atomic<i64>,
    cpu: Atomic<u32>,
    #[pin]
    done: Completion,
    #[pin]
    timer: HrTimer<Self>,
    _mode: PhantomData<M>,
}

trait Mode: HrTimerMode + Send + Sync + 'static {}
impl<M: HrTimerMode + Send + Sync + 'static> Mode for M {}

impl_has_hr_timer! {
    impl{M: Mode} HasHrTimer<Self> for Ran<M> { mode: M, field: self.timer }
}

impl<M: Mode> HrTimerCallback for Ran<M> {
    type Pointer<'a> = Pin<&'a Self>;

    fn run(this: Pin<&Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.nanos
            .store(Instant::<M::Clock>::now().as_nanos(), Relaxed);
        this.cpu.store(CpuId::current().as_u32(), Relaxed);
        this.done.complete();
        HrTimerRestart::NoRestart
    }
}

const WHILE: Delta = Delta::from_millis(2);

/// Starts a timer, and checks that it runs when, and where, it should.
fn runs<M: Mode>(expires: fn() -> M::Expires, is_pinned: bool) -> Result {
    let ran = KBox::pin_init(
        pin_init!(Ran::<M> {
            nanos: Atomic::new(0),
            cpu: Atomic::new(u32::MAX),
            done <- Completion::new(),
            timer <- HrTimer::new(),
            _mode: PhantomData,
        }),
        GFP_KERNEL,
    )?;
    let here = get_cpu();
    let cpu = here.as_u32();
    let start = Instant::<M::Clock>::now();
    let is_done = ran.as_ref().start_scoped(expires(), || {
        drop(here);
        ran.done.wait_for_completion_timeout(msecs_to_jiffies(5000))
    });
    check!(is_done);
    check!(ran.nanos.load(Relaxed) - start.as_nanos() >= WHILE.as_nanos());
    check!(!is_pinned || ran.cpu.load(Relaxed) == cpu);
    Ok(())
}

fn absolute() -> Result {
    runs::<AbsoluteMode<Monotonic>>(|| Instant::now() + WHILE, false)?;
    runs::<AbsolutePinnedMode<RealTime>>(|| Instant::now() + WHILE, true)?;
    runs::<AbsoluteSoftMode<Tai>>(|| Instant::now() + WHILE, false)?;
    runs::<AbsolutePinnedSoftMode<Monotonic>>(|| Instant::now() + WHILE, true)?;
    runs::<AbsoluteHardMode<RealTime>>(|| Instant::now() + WHILE, false)?;
    runs::<AbsolutePinnedHardMode<Monotonic>>(|| Instant::now() + WHILE, true)
}

fn relative() -> Result {
    runs::<RelativeMode<Monotonic>>(|| WHILE, false)?;
    runs::<RelativePinnedMode<Monotonic>>(|| WHILE, true)?;
    runs::<RelativeSoftMode<Monotonic>>(|| WHILE, false)?;
    runs::<RelativePinnedSoftMode<Monotonic>>(|| WHILE, true)?;
    runs::<RelativeHardMode<Monotonic>>(|| WHILE, false)?;
    runs::<RelativePinnedHardMode<Monotonic>>(|| WHILE, true)
}

#[pin_data]
struct Three {
    count: u32,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Three { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Three {
    type Pointer<'a> = Pin<&'a mut Self>;

    fn run(this: Pin<&mut Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        let count = this.project().count;
        *count += 1;
        if *count == 3 {
            return HrTimerRestart::NoRestart;
        }
        ctx.forward_now(Delta::from_millis(1));
        HrTimerRestart::Restart
    }
}

fn exclusive() -> Result {
    let mut three = KBox::pin_init(
        pin_init!(Three { count: 0, timer <- HrTimer::new() }),
        GFP_KERNEL,
    )?;
    let slept = three.as_mut().start_scoped(Delta::from_millis(1), || {
        delay::fsleep(Delta::from_millis(50));
        true
    });
    check!(slept);
    check!(three.count, 3);
    // It is at rest, and may be put off by whoever has it alone.
    let timer = three.as_mut().project().timer;
    check!(timer.forward_now(Delta::from_millis(1)) > 0);
    // An hour before its time.
    three.as_mut().start_scoped(Delta::from_secs(3600), || ());
    check!(three.count, 3);
    Ok(())
}
