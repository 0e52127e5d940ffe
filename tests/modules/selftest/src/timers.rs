// SPDX-License-Identifier: GPL-2.0

//! Timers.

use crate::{check, Check};
use kernel::pin_init::stack_pin_init;
use kernel::prelude::*;
use kernel::sync::atomic::{Atomic, Full, Relaxed};
use kernel::sync::{Arc, ArcBorrow, Completion};
use kernel::time::hrtimer::{
    impl_has_hr_timer, AbsoluteMode, HrTimer, HrTimerCallback, HrTimerCallbackContext,
    HrTimerHandle, HrTimerPointer, HrTimerRestart, RelativeMode, RelativeSoftMode,
    ScopedHrTimerPointer,
};
use kernel::time::timer::{self, CallbackContext, Timer};
use kernel::time::{delay, jiffies, BootTime, Delta, Instant, Monotonic};

pub(crate) const CHECKS: &[Check] = &[
    ("hrtimer of an arc", hrtimer_arc),
    ("hrtimer of a box", hrtimer_box),
    ("hrtimer in a scope", hrtimer_scope),
    ("timer", timer_),
    ("timers on a stack", on_the_stack),
];

#[pin_data]
struct Beat {
    count: Atomic<u32>,
    #[pin]
    third: Completion,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Beat { mode: RelativeMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Beat {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, mut ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        if this.count.fetch_add(1, Full) == 2 {
            this.third.complete_all();
        }
        ctx.forward_now(Delta::from_millis(2));
        HrTimerRestart::Restart
    }
}

fn hrtimer_arc() -> Result {
    let beat = Arc::pin_init(
        pin_init!(Beat {
            count: Atomic::<u32>::new(0),
            third <- Completion::new(),
            timer <- HrTimer::new(),
        }),
        GFP_KERNEL,
    )?;
    let start = Instant::<Monotonic>::now();
    let mut handle = beat.clone().start(Delta::from_millis(2));
    beat.third.wait_for_completion();
    check!(start.elapsed() >= Delta::from_millis(6));
    check!(handle.cancel());
    check!(!handle.cancel());
    let count = beat.count.load(Relaxed);
    delay::fsleep(Delta::from_millis(10));
    check!(beat.count.load(Relaxed), count);
    // Cancelled by the drop, an hour before its time.
    drop(beat.clone().start(Delta::from_secs(3600)));
    drop(handle);
    check!(Arc::into_unique_or_drop(beat).is_some());
    Ok(())
}

#[pin_data]
struct Once {
    seen: Arc<Atomic<i64>>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Once { mode: AbsoluteMode<BootTime>, field: self.timer }
}

impl HrTimerCallback for Once {
    type Pointer<'a> = Pin<KBox<Self>>;

    fn run(this: Pin<&mut Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.seen
            .store(Instant::<BootTime>::now().as_nanos(), Relaxed);
        HrTimerRestart::NoRestart
    }
}

fn hrtimer_box() -> Result {
    let seen = Arc::new(Atomic::<i64>::new(0), GFP_KERNEL)?;
    let written = seen.clone();
    let once = KBox::pin_init(
        pin_init!(Once { seen: written, timer <- HrTimer::new() }),
        GFP_KERNEL,
    )?;
    let end = Instant::<BootTime>::now() + Delta::from_millis(3);
    let mut handle = once.start(end);
    while seen.load(Relaxed) == 0 {
        delay::fsleep(Delta::from_millis(1));
    }
    check!(seen.load(Relaxed) >= end.as_nanos());
    check!(!handle.cancel());
    Ok(())
}

#[pin_data]
struct Flag {
    up: Atomic<bool>,
    #[pin]
    timer: HrTimer<Self>,
}

impl_has_hr_timer! {
    impl HasHrTimer<Self> for Flag { mode: RelativeSoftMode<Monotonic>, field: self.timer }
}

impl HrTimerCallback for Flag {
    type Pointer<'a> = Pin<&'a Self>;

    fn run(this: Pin<&Self>, _ctx: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.up.store(true, Relaxed);
        HrTimerRestart::NoRestart
    }
}

fn hrtimer_scope() -> Result {
    let flag = KBox::pin_init(
        pin_init!(Flag { up: Atomic::<bool>::new(false), timer <- HrTimer::new() }),
        GFP_KERNEL,
    )?;
    let ran = flag.as_ref().start_scoped(Delta::from_millis(1), || {
        delay::fsleep(Delta::from_millis(10));
        flag.up.load(Relaxed)
    });
    check!(ran);
    flag.up.store(false, Relaxed);
    flag.as_ref().start_scoped(Delta::from_millis(5), || ());
    delay::fsleep(Delta::from_millis(10));
    check!(!flag.up.load(Relaxed));
    Ok(())
}

struct Ticks {
    count: Arc<Atomic<u32>>,
    last: u32,
}

impl timer::Callback for Ticks {
    fn run(&self, timer: CallbackContext<'_, Self>) {
        if self.count.fetch_add(1, Full) + 1 < self.last {
            timer.mod_timer(jiffies() + 1);
        }
    }
}

fn timer_() -> Result {
    let count = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
    let ticks = |last| Ticks {
        count: count.clone(),
        last,
    };
    let timer = KBox::pin_init(Timer::new(ticks(3)), GFP_KERNEL)?;
    check!(!timer.pending());
    check!(!timer.start(Delta::from_secs(3600)));
    check!(timer.pending());
    // It was started already: now it comes sooner.
    check!(timer.start(Delta::from_millis(1)));
    while count.load(Relaxed) < 3 {
        delay::fsleep(Delta::from_millis(1));
    }
    check!(!timer.delete_sync());
    check!(!timer.start(Delta::from_secs(3600)));
    check!(timer.delete());
    drop(timer);
    // One that never ends is dropped while it goes.
    let endless = KBox::pin_init(Timer::new(ticks(u32::MAX)), GFP_KERNEL)?;
    endless.start(Delta::ZERO);
    delay::fsleep(Delta::from_millis(20));
    drop(endless);
    let after = count.load(Relaxed);
    check!(after > 3);
    delay::fsleep(Delta::from_millis(20));
    check!(count.load(Relaxed), after);
    Ok(())
}

/// CONFIG_DEBUG_OBJECTS is told where they are, and that they go: else it warns of them, or of what
/// has their place next.
fn on_the_stack() -> Result {
    for _ in 0..2 {
        let count = Arc::new(Atomic::<u32>::new(0), GFP_KERNEL)?;
        stack_pin_init!(let timer = Timer::new(Ticks { count: count.clone(), last: 2 }));
        timer.start(Delta::ZERO);
        while count.load(Relaxed) < 2 {
            delay::fsleep(Delta::from_millis(1));
        }
        timer.start(Delta::from_secs(3600));
        stack_pin_init!(let beat = pin_init!(Beat {
            count: Atomic::<u32>::new(0),
            third <- Completion::new(),
            timer <- HrTimer::new(),
        }));
        check!(beat.count.load(Relaxed), 0);
        crate::work::on_the_stack();
    }
    Ok(())
}
