// SPDX-License-Identifier: GPL-2.0

//! Parameters that are text.

use super::access;
use crate::alloc::{flags::GFP_KERNEL, KVec};
use crate::error::{from_result, Error};
use crate::ffi::{c_char, c_int, c_void};
use crate::value_text::{show, text};
use core::cell::UnsafeCell;

/// A parameter that is text, as the module's code sees it.
///
/// It is set when the module is loaded, and not written afterwards: `module!` takes no permission to
/// write for it.
pub struct StringParam {
    default: &'static str,
    given: UnsafeCell<Option<KVec<u8>>>,
}

// SAFETY: it is written before the module runs, by the thread that loads it, and when the module is
// gone.
unsafe impl Sync for StringParam {}

impl StringParam {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(default: &'static str) -> Self {
        Self {
            default,
            given: UnsafeCell::new(None),
        }
    }

    /// Returns the text that the module was loaded with.
    pub fn value(&self) -> &str {
        // SAFETY: nobody writes it while the module runs.
        match unsafe { &*self.given.get() } {
            // SAFETY: it was made of a string.
            Some(bytes) => unsafe { core::str::from_utf8_unchecked(bytes) },
            None => self.default,
        }
    }

    #[doc(hidden)]
    pub const fn as_void_ptr(&self) -> *mut c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Returns what the kernel calls for a parameter that is text.
#[doc(hidden)]
#[must_use]
pub const fn string_ops() -> &'static bindings::kernel_param_ops {
    &OPS
}

static OPS: bindings::kernel_param_ops = bindings::kernel_param_ops {
    flags: 0,
    set: Some(set),
    get: Some(get),
    free: Some(free),
};

/// # Safety
///
/// `val` must be a string, `kp` a parameter that `module!` made, and the module not run yet.
unsafe extern "C" fn set(val: *const c_char, kp: *const bindings::kernel_param) -> c_int {
    // SAFETY: the caller's promise.
    let param: &StringParam = unsafe { access(kp) };
    from_result(|| {
        // SAFETY: the caller's promise: without the flag for it, `val` is not null.
        let text = unsafe { text(val) }?;
        let mut bytes = KVec::new();
        bytes
            .extend_from_slice(text.as_bytes(), GFP_KERNEL)
            .map_err(Error::from)?;
        // SAFETY: the module does not run yet, so nobody sees it.
        unsafe { *param.given.get() = Some(bytes) };
        Ok(0)
    })
}

/// # Safety
///
/// `buffer` must be a page, `kp` a parameter that `module!` made.
unsafe extern "C" fn get(buffer: *mut c_char, kp: *const bindings::kernel_param) -> c_int {
    // SAFETY: the caller's promise.
    let param: &StringParam = unsafe { access(kp) };
    // SAFETY: the caller's promise.
    unsafe { show(buffer, &param.value()) }
}

/// # Safety
///
/// `arg` must be a `StringParam` of a module that does not run any more.
unsafe extern "C" fn free(arg: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { *(*arg.cast::<StringParam>()).given.get() = None };
}
