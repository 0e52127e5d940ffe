// SPDX-License-Identifier: GPL-2.0

//! A lock that spins while it waits.

use super::{Backend, Guard, Lock};
use crate::ffi::{c_char, c_ulong};
#[cfg(not(kernel_has = "raw_spin_lock"))]
use bindings::{rust_helper_spin_lock as spin_lock, rust_helper_spin_unlock as spin_unlock};
#[cfg(kernel_has = "raw_spin_lock")]
use raw::{spin_lock, spin_unlock};

/// Makes the initialiser of a [`SpinLock`], with a name if there is a second argument.
#[macro_export]
macro_rules! new_spinlock {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::SpinLock::new(
            $inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// A value behind the kernel's `spinlock_t`. Whoever has it must not sleep.
///
/// Where an interrupt's handler takes it too, all others take it with
/// [`lock_irqsave`](Self::lock_irqsave).
pub type SpinLock<T> = Lock<T, SpinLockBackend>;

/// What [`SpinLock::lock`] returns.
pub type SpinLockGuard<'a, T> = Guard<'a, T, SpinLockBackend>;

/// `spinlock_t`.
pub struct SpinLockBackend;

/// C's `spin_lock()` and `spin_unlock()`, which are inline and call these
/// (`include/linux/spinlock.h` and `spinlock_api_smp.h`, 6.1 to 7.3): called from here, they cost
/// what they cost in C.
#[cfg(kernel_has = "raw_spin_lock")]
mod raw {
    /// # Safety
    ///
    /// The lock must be initialised.
    #[inline]
    pub(super) unsafe fn spin_lock(lock: *mut bindings::spinlock_t) {
        // SAFETY: the caller's promise. A `spinlock_t` begins with its `raw_spinlock_t`, but in real
        // time (`include/linux/spinlock_types.h`).
        unsafe { bindings::_raw_spin_lock(lock.cast()) };
    }

    /// # Safety
    ///
    /// The caller must have the lock.
    #[inline]
    pub(super) unsafe fn spin_unlock(lock: *mut bindings::spinlock_t) {
        // SAFETY: as above.
        unsafe { bindings::_raw_spin_unlock(lock.cast()) };
    }
}

impl<T: ?Sized> SpinLock<T> {
    /// Takes the lock with interrupts off; they are as they were when it is given back.
    pub fn lock_irqsave(&self) -> SpinLockGuard<'_, T> {
        // SAFETY: a lock that exists is initialised.
        let flags = unsafe { bindings::rust_helper_spin_lock_irqsave(self.state.get()) };
        // SAFETY: it was just taken.
        unsafe { Guard::new(self, Some(flags)) }
    }
}

// SAFETY: that is what a spin lock does. The state says how it was taken: with which flags of the
// interrupts, or without.
unsafe impl Backend for SpinLockBackend {
    type State = bindings::spinlock_t;
    type GuardState = Option<c_ulong>;

    unsafe fn init(ptr: *mut Self::State, name: *const c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper___spin_lock_init(ptr, name, key) }
    }

    #[inline]
    unsafe fn lock(ptr: *mut Self::State) -> Option<c_ulong> {
        // SAFETY: the caller's promise.
        unsafe { spin_lock(ptr) };
        None
    }

    #[inline]
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<Option<c_ulong>> {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_spin_trylock(ptr) }.then_some(None)
    }

    #[inline]
    unsafe fn unlock(ptr: *mut Self::State, state: &Option<c_ulong>) {
        match state {
            // SAFETY: the caller's promise; the flags are those that taking it gave.
            Some(flags) => unsafe { bindings::rust_helper_spin_unlock_irqrestore(ptr, *flags) },
            // SAFETY: the caller's promise.
            None => unsafe { spin_unlock(ptr) },
        }
    }

    unsafe fn relock(ptr: *mut Self::State, state: &mut Option<c_ulong>) {
        *state = match state {
            // SAFETY: the caller's promise.
            Some(_) => Some(unsafe { bindings::rust_helper_spin_lock_irqsave(ptr) }),
            // SAFETY: the caller's promise.
            None => unsafe { Self::lock(ptr) },
        };
    }
}
