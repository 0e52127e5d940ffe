// SPDX-License-Identifier: GPL-2.0

//! Probes: code that runs when a function of the kernel is reached, or when it returns.
//!
//! ```
//! use kernel::kprobe::{self, Kprobe, Registers};
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! struct Opens(Atomic<u64>);
//!
//! impl kprobe::Handler for Opens {
//!     fn pre(&self, _regs: &Registers) {
//!         self.0.add(1, Relaxed);
//!     }
//! }
//!
//! let probe = KBox::pin_init(Kprobe::register(c"do_sys_openat2", Opens(Atomic::<u64>::new(0))), GFP_KERNEL)?;
//! # Ok::<(), Error>(())
//! ```

#[cfg(CONFIG_KRETPROBES)]
mod ret;

use crate::alive::{alive, Alive};
use crate::error::{to_result, Error};
use crate::ffi::c_int;
use crate::str::{CStr, CStrExt};
use crate::types::Opaque;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

pub use crate::ptrace::Registers;
#[cfg(CONFIG_KRETPROBES)]
pub use ret::{Kretprobe, RetHandler};

/// What runs when the function is reached.
///
/// It runs with preemption off, perhaps in an interrupt, and on several processors at once: it must
/// not sleep, nor take a lock that what it probes may hold.
pub trait Handler: Send + Sync + 'static {
    /// Runs before the function's first instruction.
    fn pre(&self, regs: &Registers);
}

/// A registered probe; dropping it takes it away, and waits until it runs nowhere.
///
/// # Invariants
///
/// `probe` is registered, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct Kprobe<H: Handler> {
    #[pin]
    probe: Opaque<bindings::kprobe>,
    handler: H,
    _alive: Alive,
}

// SAFETY: a probe may be taken away by another thread than the one that registered it.
unsafe impl<H: Handler> Send for Kprobe<H> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<H: Handler> Sync for Kprobe<H> {}

impl<H: Handler> Kprobe<H> {
    /// Makes an initialiser that registers a probe of the function `symbol`.
    ///
    /// It fails with `ENOENT` where there is no such function, and with `EINVAL` where it must not
    /// be probed.
    pub fn register(symbol: &'static CStr, handler: H) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(Kprobe),
            handler,
            probe <- Opaque::try_ffi_init(move |slot: *mut bindings::kprobe| {
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe {
                    slot.write_bytes(0, 1);
                    (*slot).symbol_name = symbol.as_char_ptr();
                    (*slot).pre_handler = Some(pre::<H>);
                }
                // INVARIANT: it is registered where this is well.
                // SAFETY: it stays where it is until it is taken away; the handler is there.
                to_result(unsafe { bindings::register_kprobe(slot) })
            }),
        })
    }

    /// Returns the handler.
    #[must_use]
    pub fn handler(&self) -> &H {
        &self.handler
    }
}

#[pinned_drop]
impl<H: Handler> PinnedDrop for Kprobe<H> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is registered.
        unsafe { bindings::unregister_kprobe(self.probe.get()) };
    }
}

/// # Safety
///
/// `probe` must be that of a `Kprobe<H>`, `regs` be valid.
unsafe extern "C" fn pre<H: Handler>(
    probe: *mut bindings::kprobe,
    regs: *mut bindings::pt_regs,
) -> c_int {
    // SAFETY: the caller's promise; the probe is the first field.
    let (kprobe, regs) = unsafe { (&*probe.cast::<Kprobe<H>>(), Registers::from_raw(regs)) };
    kprobe.handler.pre(regs);
    0
}
