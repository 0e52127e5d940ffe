// SPDX-License-Identifier: GPL-2.0

//! Code that runs whenever certain functions of the kernel are entered, through ftrace: cheaper than
//! a [`Kprobe`](crate::kprobe::Kprobe), and for many functions at once.
//!
//! ```
//! use kernel::ftrace::{self, Entry, FtraceOps};
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! struct Count(Atomic<u64>);
//!
//! impl ftrace::Callback for Count {
//!     fn entered(&self, _entry: &Entry<'_>) {
//!         self.0.add(1, Relaxed);
//!     }
//! }
//!
//! let count = Count(Atomic::<u64>::new(0));
//! let reads = KBox::pin_init(FtraceOps::register(c"vfs_read", count), GFP_KERNEL)?;
//! # Ok::<(), Error>(())
//! ```
//!
//! Whether a function runs at all is what a [`Gate`] decides.

#[cfg(CONFIG_DYNAMIC_FTRACE_WITH_REGS)]
mod gate;

use crate::alive::{alive, Alive};
use crate::error::{to_result, Error};
use crate::ffi::c_ulong;
use crate::str::{CStr, CStrExt};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

#[cfg(CONFIG_DYNAMIC_FTRACE_WITH_REGS)]
pub use gate::{FtraceGate, Gate};

/// What runs when a function is entered.
///
/// It runs with preemption off, perhaps in an interrupt, and on several processors at once: it must
/// not sleep, nor take a lock that what it traces may hold. What it calls itself is not traced.
pub trait Callback: Send + Sync + 'static {
    /// Runs before the function.
    fn entered(&self, entry: &Entry<'_>);
}

/// The entry of a function.
pub struct Entry<'a> {
    /// The address of the function (behind its first instructions, where ftrace is called).
    pub ip: usize,
    /// The address that the function was called from.
    pub parent_ip: usize,
    regs: *mut bindings::ftrace_regs,
    _call: PhantomData<&'a ()>,
}

impl Entry<'_> {
    /// Returns an argument of the function: the `n`th from 0, of those that are passed in registers.
    #[must_use]
    pub fn argument(&self, n: u32) -> c_ulong {
        // SAFETY: the registers are valid while the callback runs, as this is.
        unsafe { bindings::rust_helper_ftrace_argument(self.regs, n) }
    }
}

/// A callback at the entry of functions; dropping it takes it away, and waits until it runs nowhere.
///
/// # Invariants
///
/// `ops` is registered, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct FtraceOps<T: Callback> {
    #[pin]
    ops: Opaque<bindings::ftrace_ops>,
    callback: T,
    _alive: Alive,
}

// SAFETY: it may be taken away by another thread than the one that registered it.
unsafe impl<T: Callback> Send for FtraceOps<T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<T: Callback> Sync for FtraceOps<T> {}

impl<T: Callback> FtraceOps<T> {
    /// Makes an initialiser that registers a callback for the functions that are called so.
    ///
    /// `functions` is a name, or a pattern as `set_ftrace_filter` takes it: `vfs_*`.
    ///
    /// It fails with `EINVAL` where no function is called so, and for what begins with `!`.
    pub fn register(functions: &'static CStr, callback: T) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(FtraceOps),
            callback,
            ops <- Opaque::try_ffi_init(move |slot: *mut bindings::ftrace_ops| {
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe { slot.write_bytes(0, 1) };
                // INVARIANT: it is registered where this is well.
                // SAFETY: it stays where it is until it is taken away; the callback is there.
                to_result(unsafe {
                    bindings::rust_helper_register_ftrace(
                        slot,
                        functions.as_char_ptr(),
                        Some(entered::<T>),
                    )
                })
            }),
        })
    }

    /// Returns the callback.
    #[must_use]
    pub fn callback(&self) -> &T {
        &self.callback
    }
}

#[pinned_drop]
impl<T: Callback> PinnedDrop for FtraceOps<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is registered.
        let done = unsafe { bindings::rust_helper_unregister_ftrace(self.ops.get()) };
        // It is in ftrace's list for good, and is to stay: this thread ends, and the module with what
        // it has is not freed.
        assert!(done == 0, "ftrace is off, and gives nothing back");
    }
}

/// # Safety
///
/// `ops` must be those of a `FtraceOps<T>`, `regs` be valid.
unsafe extern "C" fn entered<T: Callback>(
    ip: c_ulong,
    parent_ip: c_ulong,
    ops: *mut bindings::ftrace_ops,
    regs: *mut bindings::ftrace_regs,
) {
    // SAFETY: the caller's promise; the ops are the first field.
    let this = unsafe { &*ops.cast::<FtraceOps<T>>() };
    this.callback.entered(&Entry {
        ip,
        parent_ip,
        regs,
        _call: PhantomData,
    });
}
