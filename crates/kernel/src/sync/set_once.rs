// SPDX-License-Identifier: GPL-2.0

//! A value that is set at most once.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, Ordering};

const EMPTY: u8 = 0;
const BUSY: u8 = 1;
const SET: u8 = 2;

/// A place for a value that is set at most once, and is shared from then on. It can be a static.
///
/// # Invariants
///
/// Where the state is `SET`, the value is valid and nobody writes it.
pub struct SetOnce<T> {
    state: AtomicU8,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: it can be sent if its value can.
unsafe impl<T: Send> Send for SetOnce<T> {}
// SAFETY: whoever sets it sends the value, all others share it.
unsafe impl<T: Send + Sync> Sync for SetOnce<T> {}

impl<T> SetOnce<T> {
    /// Makes an empty place.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            state: AtomicU8::new(EMPTY),
            value: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    /// Returns the value, if it was set.
    pub fn as_ref(&self) -> Option<&T> {
        if self.state.load(Ordering::Acquire) != SET {
            return None;
        }
        // SAFETY: by the invariant the value is valid.
        Some(unsafe { (*self.value.get()).assume_init_ref() })
    }

    /// Sets the value, and tells whether it did: not where there is one, or another thread is about
    /// to.
    pub fn populate(&self, value: T) -> bool {
        let exchanged =
            self.state
                .compare_exchange(EMPTY, BUSY, Ordering::Relaxed, Ordering::Relaxed);
        if exchanged.is_err() {
            return false;
        }
        // SAFETY: this thread alone went from EMPTY to BUSY.
        unsafe { (*self.value.get()).write(value) };
        // INVARIANT: the value was just written.
        self.state.store(SET, Ordering::Release);
        true
    }

    /// Sets the value, whether or not there is one.
    ///
    /// # Safety
    ///
    /// No other thread may use this meanwhile, and no reference to the value may be left.
    pub(crate) unsafe fn set(&self, value: T)
    where
        T: Copy,
    {
        // SAFETY: the caller says that nobody sees it; a value that is `Copy` needs no drop.
        unsafe { (*self.value.get()).write(value) };
        // INVARIANT: the value was just written.
        self.state.store(SET, Ordering::Release);
    }

    /// Returns a copy of the value, if it was set.
    pub fn copy(&self) -> Option<T>
    where
        T: Copy,
    {
        self.as_ref().copied()
    }
}

impl<T> Default for SetOnce<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Drop for SetOnce<T> {
    fn drop(&mut self) {
        if *self.state.get_mut() == SET {
            // SAFETY: by the invariant the value is valid, and nobody uses it again.
            unsafe { self.value.get_mut().assume_init_drop() };
        }
    }
}
