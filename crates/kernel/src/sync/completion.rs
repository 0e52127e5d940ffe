// SPDX-License-Identifier: GPL-2.0

//! Waiting until something has been done.

use super::Place;
use crate::str::CStrExt;
use crate::task::{might_sleep, MAX_SCHEDULE_TIMEOUT};
use crate::types::Opaque;
use macros::{pin_data, pin_init};
use pin_init::PinInit;

/// The kernel's `struct completion`: one thread waits until another says that it has done.
///
/// ```
/// use kernel::prelude::*;
/// use kernel::sync::Completion;
///
/// #[pin_data]
/// struct Task {
///     #[pin]
///     done: Completion,
/// }
///
/// let task = KBox::pin_init(pin_init!(Task { done <- Completion::new() }), GFP_KERNEL)?;
/// task.done.complete_all();
/// task.done.wait_for_completion();
/// # Ok::<(), Error>(())
/// ```
#[pin_data]
pub struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: a completion has a lock of its own.
unsafe impl Send for Completion {}
// SAFETY: as above.
unsafe impl Sync for Completion {}

impl Completion {
    /// Makes the initialiser.
    #[track_caller]
    pub fn new() -> impl PinInit<Self> {
        let place = Place::of_caller();
        pin_init!(Self {
            // SAFETY: the slot is valid and pinned; name and key are static.
            inner <- Opaque::ffi_init(move |slot| unsafe {
                let name = c"Completion".as_char_ptr();
                bindings::rust_helper_init_completion(slot, name, place.key());
            }),
        })
    }

    /// Lets one waiting thread, or the next that waits, go on.
    pub fn complete(&self) {
        // SAFETY: what exists is initialised.
        unsafe { bindings::complete(self.inner.get()) };
    }

    /// Lets all go on, now and from now on.
    pub fn complete_all(&self) {
        // SAFETY: what exists is initialised.
        unsafe { bindings::complete_all(self.inner.get()) };
    }

    /// Waits, whatever signals come.
    #[track_caller]
    pub fn wait_for_completion(&self) {
        might_sleep();
        // SAFETY: what exists is initialised.
        unsafe { bindings::wait_for_completion(self.inner.get()) };
    }

    /// Waits for so long at most; tells whether it was completed.
    #[must_use = "the time may be up"]
    #[track_caller]
    pub fn wait_for_completion_timeout(&self, jiffies: crate::time::Jiffies) -> bool {
        might_sleep();
        // Beyond that C takes it for a negative number, and complains.
        let limit = jiffies.min(MAX_SCHEDULE_TIMEOUT.unsigned_abs());
        // SAFETY: what exists is initialised.
        unsafe { bindings::wait_for_completion_timeout(self.inner.get(), limit) != 0 }
    }
}
