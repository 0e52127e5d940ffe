// SPDX-License-Identifier: GPL-2.0

//! A lock that sleeps while it waits.

use super::{Backend, Guard, Lock};
use crate::ffi::c_char;
#[cfg(not(CONFIG_DEBUG_LOCK_ALLOC))]
use bindings::mutex_lock;
// There it is a macro (include/linux/mutex.h, 6.1 to 7.3).
#[cfg(CONFIG_DEBUG_LOCK_ALLOC)]
use bindings::rust_helper_mutex_lock as mutex_lock;

/// Makes the initialiser of a [`Mutex`]: `inner <- new_mutex!(0)`, with a name if there is a second
/// argument.
#[macro_export]
macro_rules! new_mutex {
    ($inner:expr $(, $name:literal)? $(,)?) => {
        $crate::sync::Mutex::new(
            $inner, $crate::optional_name!($($name)?), $crate::static_lock_class!())
    };
}

/// A value behind the kernel's `struct mutex`.
///
/// ```
/// use kernel::new_mutex;
/// use kernel::prelude::*;
/// use kernel::sync::Mutex;
///
/// #[pin_data]
/// struct Counter {
///     #[pin]
///     value: Mutex<u32>,
/// }
///
/// let counter = KBox::pin_init(pin_init!(Counter { value <- new_mutex!(0) }), GFP_KERNEL)?;
/// *counter.value.lock() += 1;
/// # Ok::<(), Error>(())
/// ```
pub type Mutex<T> = Lock<T, MutexBackend>;

/// What [`Mutex::lock`] returns.
pub type MutexGuard<'a, T> = Guard<'a, T, MutexBackend>;

/// `struct mutex`.
pub struct MutexBackend;

// SAFETY: that is what a mutex does.
unsafe impl Backend for MutexBackend {
    type State = bindings::mutex;
    type GuardState = ();
    const SLEEPS: bool = true;

    unsafe fn init(ptr: *mut Self::State, name: *const c_char, key: *mut bindings::lock_class_key) {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper___mutex_init(ptr, name, key) }
    }

    #[inline]
    unsafe fn lock(ptr: *mut Self::State) {
        // SAFETY: the caller's promise.
        unsafe { mutex_lock(ptr) };
    }

    #[inline]
    unsafe fn try_lock(ptr: *mut Self::State) -> Option<()> {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_mutex_trylock(ptr) }.then_some(())
    }

    #[inline]
    unsafe fn unlock(ptr: *mut Self::State, (): &()) {
        // SAFETY: the caller's promise.
        unsafe { bindings::mutex_unlock(ptr) };
    }
}
