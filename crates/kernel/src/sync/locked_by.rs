// SPDX-License-Identifier: GPL-2.0

//! A value outside a lock that the lock guards all the same.

use super::lock::{Backend, Lock};
use core::cell::UnsafeCell;
use core::mem::size_of;
use core::ptr;

/// A value that is only used by whoever has the lock that holds a `U`.
pub struct LockedBy<T: ?Sized, U: ?Sized> {
    owner: *const U,
    data: UnsafeCell<T>,
}

// SAFETY: the lock lets one thread after the other have the value.
unsafe impl<T: ?Sized + Send, U: ?Sized> Send for LockedBy<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send, U: ?Sized> Sync for LockedBy<T, U> {}

impl<T, U> LockedBy<T, U> {
    /// Makes a value that `owner` guards.
    ///
    /// # Panics
    ///
    /// Where `U` has no size: its address would say nothing.
    pub fn new<B: Backend>(owner: &Lock<U, B>, data: T) -> Self {
        assert!(size_of::<U>() > 0, "the lock's value must have a size");
        Self {
            owner: owner.data.get(),
            data: UnsafeCell::new(data),
        }
    }
}

impl<T: ?Sized, U> LockedBy<T, U> {
    /// Returns the value to whoever has the lock, which `owner` proves.
    ///
    /// # Panics
    ///
    /// Where `owner` is the value of another lock.
    pub fn access<'a>(&'a self, owner: &'a U) -> &'a T
    where
        T: Sync,
    {
        assert!(ptr::eq(owner, self.owner), "mismatched owners");
        // SAFETY: whoever has the lock's value has the lock.
        unsafe { &*self.data.get() }
    }

    /// Returns the value to whoever has the lock, which `owner` proves.
    ///
    /// # Panics
    ///
    /// Where `owner` is the value of another lock.
    #[allow(clippy::mut_from_ref)] // of `owner`, which is there for one alone
    pub fn access_mut<'a>(&'a self, owner: &'a mut U) -> &'a mut T {
        assert!(ptr::eq(owner, self.owner), "mismatched owners");
        // SAFETY: whoever has the lock's value for its own has the lock for its own.
        unsafe { &mut *self.data.get() }
    }
}
