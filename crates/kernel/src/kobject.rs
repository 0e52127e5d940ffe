// SPDX-License-Identifier: GPL-2.0

//! The kernel's objects that have a folder in `/sys`.

use crate::error::{code::EEXIST, Result};
use crate::str::{CStr, CStrExt};
use crate::sync::aref::{ARef, AlwaysRefCounted};
use crate::types::Opaque;
use core::ptr::NonNull;

/// A folder in `/sys`: the kernel's `struct kobject`. It is there as long as there is a reference.
///
/// ```
/// use kernel::kobject::Kobject;
/// use kernel::prelude::*;
/// use kernel::sync::atomic::{Atomic, Relaxed};
/// use kernel::sysfs;
///
/// let folder = Kobject::create_and_add(c"mine", None)?; // /sys/kernel/mine
/// let limit = sysfs::File::new(&folder, c"limit", 0o644, Atomic::<u32>::new(16))?;
/// # Ok::<(), Error>(())
/// ```
#[repr(transparent)]
pub struct Kobject(Opaque<bindings::kobject>);

// SAFETY: an object counts its users by itself, on whatever thread.
unsafe impl Send for Kobject {}
// SAFETY: nothing here changes it but through functions that may be called on any thread.
unsafe impl Sync for Kobject {}

impl Kobject {
    /// Makes a folder in that of `parent`, or in `/sys/kernel`.
    ///
    /// # Errors
    ///
    /// `EEXIST` where there is one of this name, or no memory: the kernel does not say which.
    pub fn create_and_add(name: &CStr, parent: Option<&Self>) -> Result<ARef<Self>> {
        // SAFETY: the kernel has this object for good.
        let parent = parent.map_or(unsafe { bindings::kernel_kobj }, Self::as_raw);
        // SAFETY: the name is a string, which is copied; the parent is valid.
        let made = unsafe { bindings::kobject_create_and_add(name.as_char_ptr(), parent) };
        let made = NonNull::new(made).ok_or(EEXIST)?;
        // SAFETY: it is valid, and what the kernel counted for us is handed over.
        Ok(unsafe { ARef::from_raw(made.cast()) })
    }

    /// Returns the object as C has it.
    #[must_use]
    pub const fn as_raw(&self) -> *mut bindings::kobject {
        self.0.get()
    }
}

// SAFETY: that is what the two functions do.
unsafe impl AlwaysRefCounted for Kobject {
    fn inc_ref(&self) {
        // SAFETY: the object is valid.
        unsafe { bindings::kobject_get(self.as_raw()) };
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller's promise.
        unsafe { bindings::kobject_put(obj.as_ptr().cast()) };
    }
}
