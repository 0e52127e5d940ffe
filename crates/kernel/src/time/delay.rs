// SPDX-License-Identifier: GPL-2.0

//! Waiting for a while.

use super::Delta;
use crate::ffi::c_ulong;
use crate::task::might_sleep;

/// The longest that may be asked for: `fsleep` counts microseconds, and sleeps whole milliseconds.
const LONGEST: i64 = i32::MAX as i64 * 1_000;

/// Sleeps at least so long, in the way that fits the length.
#[track_caller]
pub fn fsleep(delta: Delta) {
    let micros = Delta::from_nanos(delta.as_nanos().clamp(0, LONGEST)).as_micros_ceil();
    // It does not sleep for less (include/linux/delay.h).
    if micros > 10 {
        might_sleep();
    }
    // SAFETY: it may be called wherever a thread may sleep.
    unsafe { bindings::rust_helper_fsleep(c_ulong::try_from(micros).unwrap_or(0)) };
}

/// The longest that `udelay` takes: `MAX_UDELAY_MS` (include/linux/delay.h).
const LONGEST_UDELAY: i64 = 5_000;

/// Waits so long without sleeping, but for five milliseconds at most. For a few microseconds, where a
/// thread must not sleep.
pub fn udelay(delta: Delta) {
    let micros = delta.as_micros_ceil().clamp(0, LONGEST_UDELAY);
    // SAFETY: it may be called in any context.
    unsafe { bindings::rust_helper_udelay(c_ulong::try_from(micros).unwrap_or(0)) };
}
