// SPDX-License-Identifier: GPL-2.0

//! Code that decides whether functions of the kernel run, or return at once.

use super::Entry;
use crate::alive::{alive, Alive};
use crate::error::{to_result, Error};
use crate::ffi::{c_long, c_ulong};
use crate::str::CStrExt;
use crate::types::Opaque;
use core::ffi::CStr;
use core::marker::PhantomData;
use core::pin::Pin;
use macros::{pin_data, pinned_drop, try_pin_init};
use pin_init::PinInit;

/// What decides, when a function is entered, whether it runs.
///
/// As a [`Callback`](super::Callback), it must not sleep, nor take a lock that may be held where the
/// function is called.
pub trait Gate: Send + Sync + 'static {
    /// Decides before the function's first instruction. `None`: it runs. With a value it does not, and
    /// returns that.
    fn enter(&self, entry: &Entry<'_>) -> Option<c_long>;
}

/// A gate at the entry of functions; dropping it takes it away, and waits until nobody is in it.
///
/// ```
/// use kernel::ftrace::{Entry, FtraceGate, Gate};
/// use kernel::prelude::*;
///
/// /// Nobody mounts anything.
/// struct NoMounts;
///
/// impl Gate for NoMounts {
///     fn enter(&self, _entry: &Entry<'_>) -> Option<c_long> {
///         Some(EPERM.to_errno() as c_long)
///     }
/// }
///
/// // SAFETY: it asks the security modules, and returns 0 or an errno, which mount(2) fails with.
/// let gate = unsafe { FtraceGate::register(&[c"security_sb_mount"], NoMounts) };
/// let gate = KBox::pin_init(gate, GFP_KERNEL)?;
/// # Ok::<(), Error>(())
/// ```
///
/// # Invariants
///
/// `ops` is registered, and is the first field, so that a pointer to it is one to the whole.
#[pin_data(PinnedDrop)]
#[repr(C)]
pub struct FtraceGate<T: Gate> {
    #[pin]
    ops: Opaque<bindings::ftrace_ops>,
    gate: T,
    _alive: Alive,
}

// SAFETY: it may be taken away by another thread than the one that registered it.
unsafe impl<T: Gate> Send for FtraceGate<T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<T: Gate> Sync for FtraceGate<T> {}

impl<T: Gate> FtraceGate<T> {
    /// Makes an initialiser that registers a gate at functions, by their names.
    ///
    /// It fails with `EINVAL` where one is not there, or none is named; with `EBUSY` where another gate
    /// is at one of them, or a livepatch, or a kprobe that may move on, and where ftrace is switched off
    /// (`kernel.ftrace_enabled`), which it cannot be any more from then on.
    ///
    /// # Safety
    ///
    /// Each of the functions must return an integer in a register, or nothing, and whoever calls it must
    /// be fine with what `gate` has it return, without anything else having been done. In each
    /// kernel that the module is loaded into.
    pub unsafe fn register<const N: usize>(
        functions: &'static [&'static CStr; N],
        gate: T,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _alive: alive!(FtraceGate),
            gate,
            ops <- Opaque::try_ffi_init(move |slot: *mut bindings::ftrace_ops| {
                let names = functions.map(CStrExt::as_char_ptr);
                // SAFETY: the slot is valid for writes, and all zeroes are a valid value.
                unsafe { slot.write_bytes(0, 1) };
                // INVARIANT: it is registered where this is well.
                // SAFETY: it stays where it is until it is taken away; the gate is there, and there
                // are so many names.
                to_result(unsafe {
                    bindings::rust_helper_register_ftrace_gate(
                        slot,
                        names.as_ptr(),
                        names.len(),
                        Some(entered::<T>),
                    )
                })
            }),
        })
    }

    /// Returns the gate.
    #[must_use]
    pub fn gate(&self) -> &T {
        &self.gate
    }
}

#[pinned_drop]
impl<T: Gate> PinnedDrop for FtraceGate<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: by the invariant it is registered.
        let done = unsafe { bindings::rust_helper_unregister_ftrace(self.ops.get()) };
        // As for `FtraceOps`: ftrace keeps it for good, so it stays.
        assert!(done == 0, "ftrace is off, and gives nothing back");
    }
}

/// # Safety
///
/// `ops` must be those of a `FtraceGate<T>`, `regs` be valid and whole.
unsafe extern "C" fn entered<T: Gate>(
    ip: c_ulong,
    parent_ip: c_ulong,
    ops: *mut bindings::ftrace_ops,
    regs: *mut bindings::ftrace_regs,
) {
    // SAFETY: the caller's promise; the ops are the first field.
    let this = unsafe { &*ops.cast::<FtraceGate<T>>() };
    let value = this.gate.enter(&Entry {
        ip,
        parent_ip,
        regs,
        _call: PhantomData,
    });
    if let Some(value) = value {
        // SAFETY: the registers are whole, and whoever registered the gate said that it may be so.
        unsafe { bindings::rust_helper_ftrace_give_back(regs, value) };
    }
}
