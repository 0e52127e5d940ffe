// SPDX-License-Identifier: GPL-2.0

//! Locks: a value, and what keeps two threads from using it at once.

pub mod global;
pub mod mutex;
pub mod rwlock;
pub mod rwsem;
pub mod spinlock;

use super::{LockClassKey, LockName};
use crate::ffi::c_char;
use crate::str::CStrExt;
use crate::task::might_sleep;
use crate::types::{NotThreadSafe, Opaque, ScopeGuard};
use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use macros::{pin_data, pin_init};
use pin_init::PinInit;

/// A kind of lock of the kernel's.
///
/// # Safety
///
/// Only one thread at a time has the lock, from `lock` to `unlock`; what is pinned by the caller
/// need not be moved.
pub unsafe trait Backend {
    /// The lock as C has it.
    type State;
    /// What `lock` leaves for `unlock`.
    type GuardState;
    /// Whether `lock` may sleep.
    const SLEEPS: bool = false;

    /// Initialises the lock.
    ///
    /// # Safety
    ///
    /// `ptr` must be valid for writes and stay where it is; the name and the key must live as long
    /// as the lock.
    unsafe fn init(ptr: *mut Self::State, name: *const c_char, key: *mut bindings::lock_class_key);

    /// Takes the lock.
    ///
    /// # Safety
    ///
    /// The lock must be initialised.
    #[must_use]
    unsafe fn lock(ptr: *mut Self::State) -> Self::GuardState;

    /// Takes the lock if nobody has it.
    ///
    /// # Safety
    ///
    /// The lock must be initialised.
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Self::GuardState>;

    /// Gives the lock back.
    ///
    /// # Safety
    ///
    /// The caller must have it.
    unsafe fn unlock(ptr: *mut Self::State, guard_state: &Self::GuardState);

    /// Takes the lock again, after [`unlock`](Self::unlock).
    ///
    /// # Safety
    ///
    /// The lock must be initialised.
    unsafe fn relock(ptr: *mut Self::State, guard_state: &mut Self::GuardState) {
        // SAFETY: the caller's promise is the same.
        *guard_state = unsafe { Self::lock(ptr) };
    }
}

/// A value that is only reached through a lock.
#[repr(C)]
#[pin_data]
pub struct Lock<T: ?Sized, B: Backend> {
    #[pin]
    state: Opaque<B::State>,
    #[pin]
    _pin: PhantomPinned,
    pub(super) data: UnsafeCell<T>,
}

// SAFETY: a lock can be sent if its value can.
unsafe impl<T: ?Sized + Send, B: Backend> Send for Lock<T, B> {}
// SAFETY: the lock lets one thread after the other have the value, so it must be sendable.
unsafe impl<T: ?Sized + Send, B: Backend> Sync for Lock<T, B> {}

impl<T, B: Backend> Lock<T, B> {
    /// Makes the initialiser of a lock. Use `new_mutex!` and its like.
    pub fn new(value: T, name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(value),
            _pin: PhantomPinned,
            // SAFETY: the slot is valid and pinned; name and key are static.
            state <- Opaque::ffi_init(move |slot| unsafe {
                B::init(slot, name.as_char_ptr(), key.as_ptr());
            }),
        })
    }
}

impl<T: ?Sized, B: Backend> Lock<T, B> {
    /// Takes the lock.
    #[track_caller]
    pub fn lock(&self) -> Guard<'_, T, B> {
        if B::SLEEPS {
            might_sleep();
        }
        // SAFETY: a lock that exists is initialised.
        let state = unsafe { B::lock(self.state.get()) };
        // SAFETY: it was just taken.
        unsafe { Guard::new(self, state) }
    }

    /// Takes the lock if nobody has it.
    pub fn try_lock(&self) -> Option<Guard<'_, T, B>> {
        // SAFETY: a lock that exists is initialised.
        let state = unsafe { B::try_lock(self.state.get()) }?;
        // SAFETY: it was just taken.
        Some(unsafe { Guard::new(self, state) })
    }
}

/// The right to use a lock's value; the lock is given back when this is dropped.
#[must_use = "the lock is given back at once where the guard is not kept"]
pub struct Guard<'a, T: ?Sized, B: Backend> {
    pub(crate) lock: &'a Lock<T, B>,
    pub(crate) state: B::GuardState,
    _not_send: NotThreadSafe,
}

// SAFETY: a shared guard gives shared references only.
unsafe impl<T: Sync + ?Sized, B: Backend> Sync for Guard<'_, T, B> {}

impl<'a, T: ?Sized, B: Backend> Guard<'a, T, B> {
    /// Makes a guard of a lock that was taken.
    ///
    /// # Safety
    ///
    /// This thread must have the lock.
    pub unsafe fn new(lock: &'a Lock<T, B>, state: B::GuardState) -> Self {
        Self {
            lock,
            state,
            _not_send: NotThreadSafe,
        }
    }

    /// Gives the lock back while `f` runs.
    pub(crate) fn do_unlocked<U>(&mut self, f: impl FnOnce() -> U) -> U {
        // SAFETY: a guard has the lock.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
        let lock = self.lock;
        let state = &mut self.state;
        // SAFETY: the lock is initialised.
        let _relock = ScopeGuard::new(|()| unsafe { B::relock(lock.state.get(), state) });
        f()
    }
}

impl<T: ?Sized, B: Backend> Deref for Guard<'_, T, B> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: a guard has the lock, so nobody writes the value.
        unsafe { &*self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> DerefMut for Guard<'_, T, B> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: a guard has the lock, so nobody else uses the value.
        unsafe { &mut *self.lock.data.get() }
    }
}

impl<T: ?Sized, B: Backend> Drop for Guard<'_, T, B> {
    fn drop(&mut self) {
        // SAFETY: a guard has the lock.
        unsafe { B::unlock(self.lock.state.get(), &self.state) };
    }
}
