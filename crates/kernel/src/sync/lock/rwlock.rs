// SPDX-License-Identifier: GPL-2.0

//! A lock that many readers, or one writer, can have, and that spins while it waits.

use crate::ffi::c_ulong;
use crate::str::CStrExt;
use crate::sync::{LockClassKey, LockName};
use crate::types::{NotThreadSafe, Opaque};
use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use macros::{pin_data, pin_init};
use pin_init::PinInit;

/// Makes the initialiser of a [`RwLock`], with a name if there is a second argument.
#[macro_export]
macro_rules! new_rwlock {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::RwLock::new(
            $inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// A value behind the kernel's `rwlock_t`. Whoever has it must not sleep.
///
/// Where an interrupt's handler reads, those who write use [`write_irqsave`](Self::write_irqsave);
/// where one writes, those who read use [`read_irqsave`](Self::read_irqsave) too. Who reads already must
/// not take it for reading again, by [`read_irqsave`](Self::read_irqsave) neither, but in an interrupt's
/// handler: a writer that came in between waits for the first, and the second for the writer. lockdep
/// says so; [`try_read`](Self::try_read) does not wait.
///
/// ```
/// use kernel::new_rwlock;
/// use kernel::prelude::*;
/// use kernel::sync::RwLock;
///
/// #[pin_data]
/// struct Table {
///     #[pin]
///     rows: RwLock<KVec<u32>>,
/// }
///
/// let table = KBox::pin_init(pin_init!(Table { rows <- new_rwlock!(KVec::new()) }), GFP_KERNEL)?;
/// table.rows.write().push(7, GFP_ATOMIC)?;
/// let first = table.rows.read().first().copied();
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct RwLock<T> {
    #[pin]
    lock: Opaque<bindings::rwlock_t>,
    data: UnsafeCell<T>,
}

// SAFETY: it can be sent if its value can.
unsafe impl<T: Send> Send for RwLock<T> {}
// SAFETY: readers share the value, writers have it one after the other.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

impl<T> RwLock<T> {
    /// Makes the initialiser. Use [`new_rwlock!`](crate::new_rwlock).
    pub fn new(value: T, name: LockName, key: Pin<&'static LockClassKey>) -> impl PinInit<Self> {
        pin_init!(Self {
            data: UnsafeCell::new(value),
            // SAFETY: the slot is valid and pinned; name and key are static.
            lock <- Opaque::ffi_init(move |slot| unsafe {
                bindings::rust_helper_rwlock_init(slot, name.as_char_ptr(), key.as_ptr());
            }),
        })
    }
}

macro_rules! taking {
    ($guard:ident: $(#[$doc:meta])* $lock:ident = $helper:ident, $trylock:ident = $try_helper:ident;
     $(#[$irq_doc:meta])* $irqsave:ident = $irq_helper:ident;
     $unlock:ident, $irqrestore:ident;) => {
        impl<T> RwLock<T> {
            $(#[$doc])*
            pub fn $lock(&self) -> $guard<'_, T> {
                // SAFETY: what exists is initialised.
                unsafe { bindings::$helper(self.lock.get()) };
                // INVARIANT: it was just taken.
                $guard(self, None, NotThreadSafe)
            }

            $(#[$doc])*
            /// Not where that means to wait.
            pub fn $trylock(&self) -> Option<$guard<'_, T>> {
                // SAFETY: what exists is initialised.
                let taken = unsafe { bindings::$try_helper(self.lock.get()) };
                // INVARIANT: it was just taken. Not made where it was not: dropping it would give
                // back what is another's.
                taken.then(|| $guard(self, None, NotThreadSafe))
            }

            $(#[$irq_doc])*
            pub fn $irqsave(&self) -> $guard<'_, T> {
                // SAFETY: what exists is initialised.
                let flags = unsafe { bindings::$irq_helper(self.lock.get()) };
                // INVARIANT: it was just taken, and these are the flags.
                $guard(self, Some(flags), NotThreadSafe)
            }
        }

        impl<T> Drop for $guard<'_, T> {
            fn drop(&mut self) {
                let lock = self.0.lock.get();
                match self.1 {
                    // SAFETY: by the invariant it was taken so.
                    None => unsafe { bindings::$unlock(lock) },
                    // SAFETY: by the invariant it was taken so.
                    Some(flags) => unsafe { bindings::$irqrestore(lock, flags) },
                }
            }
        }

        impl<T> Deref for $guard<'_, T> {
            type Target = T;

            fn deref(&self) -> &T {
                // SAFETY: whoever writes has it alone, and that is at most this.
                unsafe { &*self.0.data.get() }
            }
        }
    };
}

/// The right to read.
///
/// # Invariants
///
/// This thread has the lock for reading, taken with the flags of the interrupts, if there are any.
#[must_use = "it is given back at once where the guard is not kept"]
pub struct RwLockReadGuard<'a, T>(&'a RwLock<T>, Option<c_ulong>, NotThreadSafe);

taking! {
    RwLockReadGuard:
    /// Takes it for reading.
    read = rust_helper_read_lock, try_read = rust_helper_read_trylock;
    /// Takes it for reading, with interrupts off; they are as they were when it is given back.
    read_irqsave = rust_helper_read_lock_irqsave;
    rust_helper_read_unlock, rust_helper_read_unlock_irqrestore;
}

/// The right to write.
///
/// # Invariants
///
/// This thread has the lock for writing, taken with the flags of the interrupts, if there are any.
#[must_use = "it is given back at once where the guard is not kept"]
pub struct RwLockWriteGuard<'a, T>(&'a RwLock<T>, Option<c_ulong>, NotThreadSafe);

taking! {
    RwLockWriteGuard:
    /// Takes it for writing.
    write = rust_helper_write_lock, try_write = rust_helper_write_trylock;
    /// Takes it for writing, with interrupts off; they are as they were when it is given back.
    write_irqsave = rust_helper_write_lock_irqsave;
    rust_helper_write_unlock, rust_helper_write_unlock_irqrestore;
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: while there is a writer, there is nobody else.
        unsafe { &mut *self.0.data.get() }
    }
}
