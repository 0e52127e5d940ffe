// SPDX-License-Identifier: GPL-2.0

//! Threads of the kernel.
//!
//! ```
//! use kernel::kthread::{self, KThread};
//! use kernel::prelude::*;
//! use kernel::time::{delay, Delta};
//!
//! let thread = KThread::spawn(c"counter", || {
//!     while !kthread::should_stop() {
//!         delay::fsleep(Delta::from_millis(100));
//!     }
//! })?;
//! drop(thread); // tells it to stop, and waits until it has
//! # Ok::<(), Error>(())
//! ```

use crate::alive::{alive, Alive};
use crate::alloc::{flags::GFP_KERNEL, KBox};
use crate::error::{code::EINTR, from_err_ptr, Result};
use crate::ffi::{c_int, c_void};
use crate::str::{CStr, CStrExt};
use crate::sync::aref::ARef;
use crate::task::{might_sleep, Task};
use core::mem::ManuallyDrop;

/// A thread of the kernel. Dropping it tells the thread to stop, and waits until it has.
///
/// Where the thread itself drops it, for which it cannot wait, it is leaked, and the module is not
/// unloaded any more, as [what lives](mod@crate::alive) tells.
///
/// A thread that is told before it began does not run its function; what that owns is dropped.
pub struct KThread {
    task: ARef<Task>,
    data: *mut c_void,
    /// Drops what the function owns, where it did not run.
    discard: unsafe fn(*mut c_void),
    alive: ManuallyDrop<Alive>,
}

// SAFETY: what the function owns can be sent, as `spawn` demands; the rest is a counted reference.
unsafe impl Send for KThread {}
// SAFETY: a shared one only gives the task.
unsafe impl Sync for KThread {}

/// Tells the thread that runs this whether it is to stop.
///
/// Only for threads that [`KThread::spawn`] made; any other thread is never told.
#[must_use]
pub fn should_stop() -> bool {
    // SAFETY: the helper asks only threads of the kernel.
    unsafe { bindings::rust_helper_kthread_should_stop() }
}

impl KThread {
    /// Makes a thread that runs `f`.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory; `EINTR` where the process was told to die.
    #[track_caller]
    pub fn spawn<F: FnOnce() + Send + 'static>(name: &CStr, f: F) -> Result<Self> {
        might_sleep();
        let alive = alive!(KThread);
        let data: *mut c_void = KBox::into_raw(KBox::new(f, GFP_KERNEL)?).cast();
        // SAFETY: `run` gets what it takes, and the name is a string.
        let made = from_err_ptr(unsafe {
            bindings::rust_helper_kthread_create(Some(run::<F>), data, name.as_char_ptr())
        });
        let task = match made {
            // SAFETY: it was just made, and does not run before it is woken.
            Ok(task) => ARef::from(unsafe { &*task.cast::<Task>() }),
            Err(error) => {
                // SAFETY: there is no thread that took it.
                unsafe { discard::<F>(data) };
                return Err(error);
            }
        };
        task.wake_up();
        Ok(Self {
            task,
            data,
            discard: discard::<F>,
            alive: ManuallyDrop::new(alive),
        })
    }

    /// Returns the thread's task.
    #[must_use]
    pub fn task(&self) -> &Task {
        &self.task
    }

    /// Tells the thread to stop, and waits until it has.
    pub fn stop(self) {}
}

/// What the thread runs.
///
/// # Safety
///
/// `data` must be a box of an `F` that nobody else takes.
unsafe extern "C" fn run<F: FnOnce()>(data: *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let f = KBox::into_inner(unsafe { KBox::<F>::from_raw(data.cast()) });
    f();
    // The module may be gone once this returns to it: wait to be told to stop, so that whoever
    // unloads it waits for us in turn, and leave the rest to the kernel's own code.
    while !should_stop() {
        // SAFETY: this is a thread of the kernel, which may sleep.
        unsafe { bindings::rust_helper_wait_to_stop() };
    }
    0
}

/// Drops a function that did not run.
///
/// # Safety
///
/// `data` must be a box of an `F` that nobody else takes.
unsafe fn discard<F>(data: *mut c_void) {
    // SAFETY: the caller's promise.
    drop(unsafe { KBox::<F>::from_raw(data.cast()) });
}

impl Drop for KThread {
    fn drop(&mut self) {
        if *self.task == **crate::current!() {
            crate::pr_err!("a thread dropped its own handle: it is leaked\n");
            return;
        }
        might_sleep();
        // SAFETY: the thread exists: this counts as a user, and it does not end before it is told.
        let returned = unsafe { bindings::kthread_stop(self.task.as_ptr()) };
        // Our function returns 0. The kernel does, in its stead, where the thread was told to stop
        // before it began (kernel/kthread.c).
        if returned == EINTR.to_errno() {
            // SAFETY: the function never took it, and never will.
            unsafe { (self.discard)(self.data) };
        }
        // SAFETY: it is not used again.
        unsafe { ManuallyDrop::drop(&mut self.alive) };
    }
}
