// SPDX-License-Identifier: GPL-2.0

//! A value that is made when it is first used.

use super::SetOnce;
use crate::time::{delay, Delta};
use core::cell::UnsafeCell;
use core::ops::Deref;
use core::sync::atomic::{AtomicBool, Ordering};

/// A value that is made when it is first used. It can be a static.
///
/// Whoever uses it while another thread makes the value sleeps meanwhile. Where that must not be, use
/// it once before, in the module's `init`: from then on it may be used in any context. What makes the
/// value must not use it.
///
/// As any static it is never dropped, so what the value owns outlives the module.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::random;
/// use kernel::sync::LazyLock;
///
/// # const __LOG_PREFIX: &[u8] = b"example\0";
/// # fn main() {}
/// # fn example() -> kernel::error::Result {
/// static SEED: LazyLock<u64> = LazyLock::new(random::get_random_u64);
///
/// pr_info!("{}\n", *SEED);
/// # Ok(())
/// # }
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    value: SetOnce<T>,
    begun: AtomicBool,
    /// Taken by whoever went from not begun to begun.
    make: UnsafeCell<Option<F>>,
}

// SAFETY: whoever uses it first runs the function, so that must be sendable; all share the value.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// Makes one whose value `make` will make.
    pub const fn new(make: F) -> Self {
        Self {
            value: SetOnce::new(),
            begun: AtomicBool::new(false),
            make: UnsafeCell::new(Some(make)),
        }
    }

    /// Returns the value, once it is made.
    pub fn force(this: &Self) -> &T {
        loop {
            if let Some(value) = this.value.as_ref() {
                return value;
            }
            if this.begun.swap(true, Ordering::Relaxed) {
                delay::fsleep(Delta::from_millis(1));
                continue;
            }
            // SAFETY: this thread alone went from not begun to begun.
            if let Some(make) = unsafe { (*this.make.get()).take() } {
                this.value.populate(make());
            }
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    fn deref(&self) -> &T {
        Self::force(self)
    }
}
