// SPDX-License-Identifier: GPL-2.0

//! How a timer counts, and where its function runs.

use crate::time::{ClockSource, Delta, Instant};
use core::marker::PhantomData;

/// When a timer ends: a moment, or a length of time from its start.
pub trait HrTimerExpires {
    /// Returns it in nanoseconds.
    fn as_nanos(&self) -> i64;
}

impl<C: ClockSource> HrTimerExpires for Instant<C> {
    fn as_nanos(&self) -> i64 {
        Self::as_nanos(self)
    }
}

impl HrTimerExpires for Delta {
    fn as_nanos(&self) -> i64 {
        Self::as_nanos(*self)
    }
}

mod private {
    pub trait Sealed {}
}

/// How a timer counts, and where its function runs.
pub trait HrTimerMode: private::Sealed {
    /// The constant of C's.
    const C_MODE: bindings::hrtimer_mode;
    /// The clock that it counts by.
    type Clock: ClockSource;
    /// What it is started with.
    type Expires: HrTimerExpires;
}

macro_rules! modes {
    ($($(#[$doc:meta])* $name:ident: $mode:ident, $expires:ty;)*) => {
        $(
            $(#[$doc])*
            pub struct $name<C: ClockSource>(PhantomData<C>);

            impl<C: ClockSource> private::Sealed for $name<C> {}

            impl<C: ClockSource> HrTimerMode for $name<C> {
                const C_MODE: bindings::hrtimer_mode = bindings::$mode;
                type Clock = C;
                type Expires = $expires;
            }
        )*
    };
}

modes! {
    /// At a moment.
    AbsoluteMode: HRTIMER_MODE_ABS, Instant<C>;
    /// After a length of time.
    RelativeMode: HRTIMER_MODE_REL, Delta;
    /// At a moment, on the processor that started it.
    AbsolutePinnedMode: HRTIMER_MODE_ABS_PINNED, Instant<C>;
    /// After a length of time, on the processor that started it.
    RelativePinnedMode: HRTIMER_MODE_REL_PINNED, Delta;
    /// At a moment, in a softirq.
    AbsoluteSoftMode: HRTIMER_MODE_ABS_SOFT, Instant<C>;
    /// After a length of time, in a softirq.
    RelativeSoftMode: HRTIMER_MODE_REL_SOFT, Delta;
    /// At a moment, on the processor that started it, in a softirq.
    AbsolutePinnedSoftMode: HRTIMER_MODE_ABS_PINNED_SOFT, Instant<C>;
    /// After a length of time, on the processor that started it, in a softirq.
    RelativePinnedSoftMode: HRTIMER_MODE_REL_PINNED_SOFT, Delta;
    /// At a moment, in a hard interrupt.
    AbsoluteHardMode: HRTIMER_MODE_ABS_HARD, Instant<C>;
    /// After a length of time, in a hard interrupt.
    RelativeHardMode: HRTIMER_MODE_REL_HARD, Delta;
    /// At a moment, on the processor that started it, in a hard interrupt.
    AbsolutePinnedHardMode: HRTIMER_MODE_ABS_PINNED_HARD, Instant<C>;
    /// After a length of time, on the processor that started it, in a hard interrupt.
    RelativePinnedHardMode: HRTIMER_MODE_REL_PINNED_HARD, Delta;
}
