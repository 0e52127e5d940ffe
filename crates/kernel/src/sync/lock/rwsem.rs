// SPDX-License-Identifier: GPL-2.0

//! A lock that many readers, or one writer, can have, and that sleeps while it waits.

use crate::str::CStrExt;
use crate::sync::{LockClassKey, LockName};
use crate::task::might_sleep;
use crate::types::{NotThreadSafe, Opaque};
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use macros::{pin_data, pin_init};
use pin_init::PinInit;

/// Makes the initialiser of a [`RwSemaphore`], with a name if there is a second argument.
#[macro_export]
macro_rules! new_rwsem {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::RwSemaphore::new(
            $inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// A value behind the kernel's `struct rw_semaphore`. Who reads already must not take it for reading
/// again: a writer that came in between waits for the first, and the second for the writer.
#[pin_data]
pub struct RwSemaphore<T> {
    #[pin]
    semaphore: Opaque<bindings::rw_semaphore>,
    data: UnsafeCell<T>,
}

// SAFETY: it can be sent if its value can.
unsafe impl<T: Send> Send for RwSemaphore<T> {}
// SAFETY: readers share the value, writers have it one after the other.
unsafe impl<T: Send + Sync> Sync for RwSemaphore<T> {}

impl<T> RwSemaphore<T> {
    /// Makes the initialiser. Use [`new_rwsem!`](crate::new_rwsem).
    pub fn new(value: T, name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(value),
            // SAFETY: the slot is valid and pinned; name and key are static.
            semaphore <- Opaque::ffi_init(move |slot| unsafe {
                bindings::__init_rwsem(slot, name.as_char_ptr(), key.as_ptr());
            }),
        })
    }

    /// Takes it for reading.
    #[track_caller]
    pub fn read(&self) -> RwSemaphoreReadGuard<'_, T> {
        might_sleep();
        // SAFETY: what exists is initialised.
        unsafe { bindings::down_read(self.semaphore.get()) };
        RwSemaphoreReadGuard(self, NotThreadSafe)
    }

    /// Takes it for writing.
    #[track_caller]
    pub fn write(&self) -> RwSemaphoreWriteGuard<'_, T> {
        might_sleep();
        // SAFETY: what exists is initialised.
        unsafe { bindings::down_write(self.semaphore.get()) };
        RwSemaphoreWriteGuard(self, NotThreadSafe)
    }

    /// Takes it for writing if nobody has it.
    pub fn try_write(&self) -> Option<RwSemaphoreWriteGuard<'_, T>> {
        // SAFETY: what exists is initialised.
        let taken = unsafe { bindings::down_write_trylock(self.semaphore.get()) } != 0;
        // Not made where it was not taken: dropping it would give back what is another's.
        taken.then(|| RwSemaphoreWriteGuard(self, NotThreadSafe))
    }
}

/// The right to read.
#[must_use = "it is given back at once where the guard is not kept"]
pub struct RwSemaphoreReadGuard<'a, T>(&'a RwSemaphore<T>, NotThreadSafe);

impl<T> Deref for RwSemaphoreReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: while there is a reader, there is no writer.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> Drop for RwSemaphoreReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread took it.
        unsafe { bindings::up_read(self.0.semaphore.get()) };
    }
}

/// The right to write.
#[must_use = "it is given back at once where the guard is not kept"]
pub struct RwSemaphoreWriteGuard<'a, T>(&'a RwSemaphore<T>, NotThreadSafe);

impl<T> Deref for RwSemaphoreWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: while there is a writer, there is nobody else.
        unsafe { &*self.0.data.get() }
    }
}

impl<T> DerefMut for RwSemaphoreWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: while there is a writer, there is nobody else.
        unsafe { &mut *self.0.data.get() }
    }
}

impl<T> Drop for RwSemaphoreWriteGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: this thread took it.
        unsafe { bindings::up_write(self.0.semaphore.get()) };
    }
}
