// SPDX-License-Identifier: GPL-2.0

//! Devices.

mod print;

use crate::ffi::c_char;
use crate::print::Level;
use crate::sync::aref::{ARef, AlwaysRefCounted};
use crate::types::Opaque;
use core::fmt;
use core::ptr::NonNull;

/// A device: the kernel's `struct device`.
#[repr(transparent)]
pub struct Device(Opaque<bindings::device>);

// SAFETY: a device counts its users by itself, on whatever thread.
unsafe impl Send for Device {}
// SAFETY: nothing here changes it but through functions that may be called on any thread.
unsafe impl Sync for Device {}

impl Device {
    /// Takes a pointer of C's, and counts a user.
    ///
    /// # Safety
    ///
    /// It must be to a device that exists while this runs.
    #[must_use]
    pub unsafe fn get_device(ptr: *mut bindings::device) -> ARef<Self> {
        // SAFETY: the caller says so.
        unsafe { Self::from_raw(ptr) }.into()
    }

    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be to a device that exists for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::device) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Returns the device as C has it.
    #[must_use]
    pub const fn as_raw(&self) -> *mut bindings::device {
        self.0.get()
    }

    /// Prints one message. Called by the `dev_*!` macros.
    #[doc(hidden)]
    pub fn print(&self, level: Level, args: fmt::Arguments<'_>) {
        crate::print::format(args, &mut |text| {
            // SAFETY: the device exists, and the text is valid for as many bytes as are said.
            unsafe {
                bindings::rust_helper_dev_printk(
                    level as u8 as c_char,
                    self.as_raw(),
                    text.as_ptr().cast(),
                    text.len(),
                );
            }
        });
    }
}

// SAFETY: that is what the two functions do.
unsafe impl AlwaysRefCounted for Device {
    fn inc_ref(&self) {
        // SAFETY: the device exists.
        unsafe { bindings::get_device(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller's promise.
        unsafe { bindings::put_device(obj.as_ptr().cast()) };
    }
}
