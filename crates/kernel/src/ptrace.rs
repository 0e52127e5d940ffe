// SPDX-License-Identifier: GPL-2.0

//! The registers of a processor at one moment.

use crate::ffi::c_ulong;
use crate::types::Opaque;

/// The kernel's `struct pt_regs`: the registers where something was reached.
#[repr(transparent)]
pub struct Registers(Opaque<bindings::pt_regs>);

impl Registers {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// The registers must be valid, and stay as they are, for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::pt_regs) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Returns the address that was reached.
    #[must_use]
    pub fn instruction_pointer(&self) -> usize {
        // SAFETY: the registers are valid.
        unsafe { bindings::rust_helper_instruction_pointer(self.0.get()) }
    }

    /// Returns an argument of the function, at its first instruction: the `n`th from 0, of those
    /// that are passed in registers.
    #[must_use]
    pub fn argument(&self, n: u32) -> c_ulong {
        // SAFETY: the registers are valid.
        unsafe { bindings::rust_helper_regs_argument(self.0.get(), n) }
    }

    /// Returns what the function returned, where it has just done so. Of one that returns an `int`
    /// only the lower half counts: `return_value() as c_int`.
    #[must_use]
    pub fn return_value(&self) -> c_ulong {
        // SAFETY: the registers are valid.
        unsafe { bindings::rust_helper_regs_return_value(self.0.get()) }
    }
}
