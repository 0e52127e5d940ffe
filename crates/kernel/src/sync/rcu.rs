// SPDX-License-Identifier: GPL-2.0

//! Read-copy-update: readers that never wait.

use crate::ffi::c_void;
use crate::task::might_sleep;
use crate::types::{ForeignOwnable, NotThreadSafe};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The right to read what RCU guards. Whoever has it must not sleep: see
/// [`might_sleep`].
pub struct Guard(NotThreadSafe);

impl Guard {
    /// Begins to read.
    #[must_use]
    pub fn new() -> Self {
        // SAFETY: it may be called in any context.
        unsafe { bindings::rust_helper_rcu_read_lock() };
        Self(NotThreadSafe)
    }

    /// Ends reading.
    pub fn unlock(self) {}
}

impl Default for Guard {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // SAFETY: the guard began to read.
        unsafe { bindings::rust_helper_rcu_read_unlock() };
    }
}

/// Begins to read.
#[must_use]
pub fn read_lock() -> Guard {
    Guard::new()
}

/// Waits until all who read now have ended. It sleeps.
#[track_caller]
pub fn synchronize_rcu() {
    might_sleep();
    // SAFETY: it may be called wherever a thread may sleep.
    unsafe { bindings::synchronize_rcu() };
}

/// A value that readers see as it was when they began, while others replace it.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::rcu::{self, Rcu};
/// # struct Config { limit: u32 }
///
/// let config = Rcu::new(KBox::new(Config { limit: 10 }, GFP_KERNEL)?);
/// let limit = config.read(&rcu::read_lock()).map(|config| config.limit);
/// drop(config.replace(KBox::new(Config { limit: 20 }, GFP_KERNEL)?));
/// # Ok::<(), Error>(())
/// ```
pub struct Rcu<P: ForeignOwnable> {
    pointer: AtomicPtr<c_void>,
    owns: PhantomData<P>,
}

// SAFETY: it can be sent if what it owns can, and be shared if that can be shared too.
unsafe impl<P: ForeignOwnable + Send> Send for Rcu<P> {}
// SAFETY: as above: a reader gets a shared borrow, whoever replaces gets the old value.
unsafe impl<P: ForeignOwnable + Send + Sync> Sync for Rcu<P> {}

impl<P: ForeignOwnable> Rcu<P> {
    /// Makes one of a value.
    pub fn new(value: P) -> Self {
        Self {
            pointer: AtomicPtr::new(value.into_foreign()),
            owns: PhantomData,
        }
    }

    /// Makes one that has no value yet.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            pointer: AtomicPtr::new(ptr::null_mut()),
            owns: PhantomData,
        }
    }

    /// Returns the value of now, for as long as the guard is there.
    pub fn read<'a>(&'a self, _guard: &'a Guard) -> Option<P::Borrowed<'a>> {
        let pointer = self.pointer.load(Ordering::Acquire);
        if pointer.is_null() {
            return None;
        }
        // SAFETY: who takes the value away waits for the readers before it is dropped.
        Some(unsafe { P::borrow(pointer) })
    }

    /// Puts a value in and returns the one before, once nobody reads it any more. It sleeps.
    #[track_caller]
    pub fn replace(&self, value: P) -> Option<P> {
        self.swap(value.into_foreign())
    }

    /// Takes the value out, once nobody reads it any more. It sleeps.
    #[track_caller]
    pub fn take(&self) -> Option<P> {
        self.swap(ptr::null_mut())
    }

    #[track_caller]
    fn swap(&self, new: *mut c_void) -> Option<P> {
        let old = self.pointer.swap(new, Ordering::AcqRel);
        if old.is_null() {
            return None;
        }
        synchronize_rcu();
        // SAFETY: it was given up by `into_foreign`, this took it out, and the readers are done.
        Some(unsafe { P::from_foreign(old) })
    }
}

impl<P: ForeignOwnable> Drop for Rcu<P> {
    fn drop(&mut self) {
        // Readers borrow this, so there are none.
        let old = *self.pointer.get_mut();
        // SAFETY: it was given up by `into_foreign`, and nobody takes it any more.
        drop(unsafe { P::try_from_foreign(old) });
    }
}
