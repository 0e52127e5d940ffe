// SPDX-License-Identifier: GPL-2.0

//! Network devices, as those who watch them see them.

use crate::ffi::c_char;
use crate::str::CStr;
use crate::types::Opaque;
use core::ops::Deref;

/// A network device: the kernel's `struct net_device`.
#[repr(transparent)]
pub struct NetDevice(Opaque<bindings::net_device>);

impl NetDevice {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be to a device that exists, and whose name does not change, for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::net_device) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Returns the device as C has it.
    #[must_use]
    pub const fn as_raw(&self) -> *mut bindings::net_device {
        self.0.get()
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> Name {
        // SAFETY: the device exists, and its name does not change meanwhile.
        Name(unsafe { (*self.as_raw()).name })
    }

    /// Returns its number.
    #[must_use]
    pub fn ifindex(&self) -> i32 {
        // SAFETY: the device exists; the number is read as a whole.
        unsafe { (*self.as_raw()).ifindex }
    }
}

/// The name of a network device.
#[derive(Clone, Copy)]
pub struct Name([c_char; bindings::IFNAMSIZ as usize]);

impl Deref for Name {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}
