// SPDX-License-Identifier: GPL-2.0

//! Timers that count the ticks of the kernel's clock: for what may be some milliseconds late.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//! use kernel::time::timer::{self, CallbackContext, Timer};
//! use kernel::time::{jiffies, msecs_to_jiffies, Delta};
//!
//! struct Blink(Atomic<u32>);
//!
//! impl timer::Callback for Blink {
//!     fn run(&self, timer: CallbackContext<'_, Self>) {
//!         self.0.add(1, Relaxed);
//!         timer.mod_timer(jiffies() + msecs_to_jiffies(100));
//!     }
//! }
//!
//! let timer = KBox::pin_init(Timer::new(Blink(Atomic::<u32>::new(0))), GFP_KERNEL)?;
//! timer.start(Delta::from_millis(100));
//! drop(timer); // it does not run any more
//! # Ok::<(), Error>(())
//! ```

use super::{jiffies, Delta, Jiffies};
use crate::alive::{alive, Alive};
use crate::str::CStrExt;
use crate::sync::Place;
use crate::task::this_thread;
use crate::types::Opaque;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};
use macros::{pin_data, pin_init, pinned_drop};
use pin_init::PinInit;

/// What a timer does when its time has come.
pub trait Callback: Send + Sync + 'static {
    /// Runs when the time has come, in a softirq: it must not sleep. The timer is at rest, unless it
    /// is started anew.
    fn run(&self, timer: CallbackContext<'_, Self>)
    where
        Self: Sized;
}

/// A timer, and what it does. Dropping it stops it, and waits for its function where that runs: so
/// the function itself must not drop the last reference to it, which is a panic.
///
/// # Invariants
///
/// `inner` was set up, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct Timer<T: Callback> {
    #[pin]
    inner: Opaque<bindings::timer_list>,
    callback: T,
    /// The task that the function runs in, or has interrupted, or null.
    running: AtomicPtr<bindings::task_struct>,
    _alive: Alive,
}

// SAFETY: a timer may be stopped by another thread than the one that started it.
unsafe impl<T: Callback> Send for Timer<T> {}
// SAFETY: the kernel locks it; a shared one gives shared references to what is `Sync`.
unsafe impl<T: Callback> Sync for Timer<T> {}

impl<T: Callback> Timer<T> {
    /// Makes the initialiser of a timer at rest.
    #[track_caller]
    pub fn new(callback: T) -> impl PinInit<Self> {
        let place = Place::of_caller();
        pin_init!(Self {
            _alive: alive!(Timer),
            running: AtomicPtr::new(ptr::null_mut()),
            callback,
            // INVARIANT: it is set up.
            // SAFETY: the slot is valid and pinned; name and key are static.
            inner <- Opaque::ffi_init(move |slot| unsafe {
                let name = c"Timer".as_char_ptr();
                bindings::rust_helper_timer_setup(slot, Some(run::<T>), 0, name, place.key());
            }),
        })
    }

    /// Starts the timer, or starts it anew, to run at this tick. Tells whether it was started
    /// already.
    pub fn mod_timer(&self, expires: Jiffies) -> bool {
        // SAFETY: by the invariant it was set up.
        unsafe { bindings::mod_timer(self.inner.get(), expires) != 0 }
    }

    /// Starts the timer, or starts it anew, to run after so long.
    pub fn start(&self, delta: Delta) -> bool {
        self.mod_timer(jiffies().wrapping_add(delta.as_jiffies()))
    }

    /// Tells whether it is started.
    pub fn pending(&self) -> bool {
        // SAFETY: by the invariant it was set up.
        unsafe { bindings::rust_helper_timer_pending(self.inner.get()) }
    }

    /// Stops the timer; its function may still run. Tells whether it was started.
    pub fn delete(&self) -> bool {
        // SAFETY: by the invariant it was set up.
        unsafe { bindings::rust_helper_timer_delete(self.inner.get()) }
    }

    /// Stops the timer, and waits for its function where that runs. Tells whether it was started.
    ///
    /// Where the timer's own function calls this, it does not wait for itself. Who has a lock which
    /// that takes must not call it.
    pub fn delete_sync(&self) -> bool {
        if self.is_running_this() {
            return self.delete();
        }
        // SAFETY: by the invariant it was set up.
        unsafe { bindings::rust_helper_timer_delete_sync(self.inner.get()) }
    }

    /// Tells whether what runs this is the timer's own function.
    fn is_running_this(&self) -> bool {
        ptr::eq(self.running.load(Ordering::Relaxed), this_thread())
    }

    /// Returns what it does.
    pub fn callback(&self) -> &T {
        &self.callback
    }
}

#[pinned_drop]
impl<T: Callback> PinnedDrop for Timer<T> {
    fn drop(self: Pin<&mut Self>) {
        // The function goes on with what would be freed when this returns.
        assert!(
            !self.is_running_this(),
            "a timer was dropped by its own function"
        );
        // SAFETY: by the invariant it was set up; nobody but its own function can start it anew.
        unsafe { bindings::rust_helper_timer_shutdown_sync(self.inner.get()) };
        if cfg!(CONFIG_DEBUG_OBJECTS_TIMERS) {
            // SAFETY: nobody uses it again.
            unsafe { bindings::rust_helper_timer_destroy(self.inner.get()) };
        }
    }
}

/// What a timer's function may do with its timer: all but wait for itself.
pub struct CallbackContext<'a, T: Callback>(&'a Timer<T>);

impl<T: Callback> CallbackContext<'_, T> {
    /// Starts the timer anew, to run at this tick.
    pub fn mod_timer(&self, expires: Jiffies) {
        self.0.mod_timer(expires);
    }

    /// Starts the timer anew, to run after so long.
    pub fn start(&self, delta: Delta) {
        self.0.start(delta);
    }
}

/// # Safety
///
/// `timer` must be that of a `Timer<T>`.
unsafe extern "C" fn run<T: Callback>(timer: *mut bindings::timer_list) {
    // SAFETY: the caller's promise; the timer is the first field.
    let timer = unsafe { &*timer.cast::<Timer<T>>() };
    timer.running.store(this_thread(), Ordering::Relaxed);
    timer.callback.run(CallbackContext(timer));
    timer.running.store(ptr::null_mut(), Ordering::Relaxed);
}
