// SPDX-License-Identifier: GPL-2.0

//! Time: what it is, how long something took, and waiting.

pub mod delay;
pub mod hrtimer;
mod ops;
pub mod timer;

use core::marker::PhantomData;

/// Milliseconds.
pub type Msecs = crate::ffi::c_uint;
/// Ticks of the kernel's clock.
pub type Jiffies = crate::ffi::c_ulong;

/// Nanoseconds in a microsecond.
pub const NSEC_PER_USEC: i64 = 1_000;
/// Nanoseconds in a millisecond.
pub const NSEC_PER_MSEC: i64 = 1_000_000;
/// Nanoseconds in a second.
pub const NSEC_PER_SEC: i64 = 1_000_000_000;

/// Returns how many ticks so many milliseconds are, rounded up.
#[must_use]
pub fn msecs_to_jiffies(msecs: Msecs) -> Jiffies {
    // SAFETY: it has no precondition.
    unsafe { bindings::rust_helper_msecs_to_jiffies(msecs) }
}

/// Returns the ticks since boot (they begin close to overflowing).
#[must_use]
#[inline]
pub fn jiffies() -> Jiffies {
    // SAFETY: the kernel always has it. It is volatile there as well, and read as a whole.
    unsafe { core::ptr::addr_of!(bindings::jiffies).read_volatile() }
}

/// A clock.
///
/// The kernel looks its number up in a table of clocks, so whoever has a clock of another says
/// `unsafe`:
///
/// ```compile_fail,E0200
/// struct Mine;
///
/// impl kernel::time::ClockSource for Mine {
///     const ID: i32 = -1000;
///
///     fn ktime_get() -> i64 {
///         0
///     }
/// }
/// ```
///
/// # Safety
///
/// The number must be that of a clock which the kernel's timers count by, and `ktime_get` return
/// its time, which is not negative.
pub unsafe trait ClockSource {
    /// The kernel's number for it.
    const ID: bindings::clockid_t;

    /// Returns its time in nanoseconds.
    fn ktime_get() -> i64;
}

macro_rules! clocks {
    ($($(#[$doc:meta])* $name:ident: $id:ident, $function:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
            pub struct $name;

            // SAFETY: timers count by it, and the function is that of this clock.
            unsafe impl ClockSource for $name {
                const ID: bindings::clockid_t = bindings::$id as bindings::clockid_t;

                fn ktime_get() -> i64 {
                    // SAFETY: it has no precondition.
                    unsafe { bindings::$function() }
                }
            }
        )*
    };
}

clocks! {
    /// Goes on at a steady pace from boot, but not while the machine sleeps.
    Monotonic: CLOCK_MONOTONIC, rust_helper_ktime_get;
    /// As `Monotonic`, also while the machine sleeps.
    BootTime: CLOCK_BOOTTIME, rust_helper_ktime_get_boottime;
    /// The time of day, which may be set.
    RealTime: CLOCK_REALTIME, rust_helper_ktime_get_real;
    /// The time of day without leap seconds.
    Tai: CLOCK_TAI, rust_helper_ktime_get_clocktai;
}

/// A moment, by the clock `C`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant<C: ClockSource>(i64, PhantomData<C>);

impl<C: ClockSource> Instant<C> {
    /// Returns this moment.
    #[must_use]
    pub fn now() -> Self {
        Self(C::ktime_get(), PhantomData)
    }

    /// Returns how long ago it was.
    #[must_use]
    pub fn elapsed(&self) -> Delta {
        Delta(Self::now().0.saturating_sub(self.0))
    }

    /// Returns it in nanoseconds since the clock's beginning.
    #[must_use]
    pub const fn as_nanos(&self) -> i64 {
        self.0
    }
}

/// A length of time, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Delta(i64);

impl Delta {
    /// None at all.
    pub const ZERO: Self = Self(0);

    /// Makes one of nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Makes one of microseconds; what is too long becomes the longest.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.saturating_mul(NSEC_PER_USEC))
    }

    /// Makes one of milliseconds; what is too long becomes the longest.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(NSEC_PER_MSEC))
    }

    /// Makes one of seconds; what is too long becomes the longest.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(NSEC_PER_SEC))
    }

    /// Returns it in nanoseconds.
    #[must_use]
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Returns it in microseconds, rounded up.
    #[must_use]
    pub const fn as_micros_ceil(self) -> i64 {
        self.0
            .saturating_add(NSEC_PER_USEC - 1)
            .div_euclid(NSEC_PER_USEC)
    }

    /// Returns it in ticks, rounded up; less than none is none.
    #[must_use]
    pub fn as_jiffies(self) -> Jiffies {
        // SAFETY: it has no precondition.
        unsafe { bindings::rust_helper_nsecs_to_jiffies(self.0.max(0).unsigned_abs()) }
    }

    /// Returns it in whole milliseconds.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0 / NSEC_PER_MSEC
    }

    /// Tells whether it is less than none.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// Tells whether it is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}
