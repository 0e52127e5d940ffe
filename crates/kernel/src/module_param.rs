// SPDX-License-Identifier: GPL-2.0

//! Parameters of modules: given to `insmod`, shown in `/sys/module/<name>/parameters`.
//!
//! ```
//! use kernel::prelude::*;
//!
//! module! {
//!     type: Limits,
//!     name: "limits",
//!     license: "GPL",
//!     params: {
//!         limit: u32 {
//!             default: 16,
//!             description: "How many there may be",
//!             permissions: 0o644,
//!         },
//!         label: str {
//!             default: "none",
//!             description: "What to call them",
//!         },
//!     },
//! }
//!
//! # fn main() {}
//! # fn example() {
//! let at_load = *module_parameters::limit.value();
//! let now = module_parameters::limit.get();
//! let label: &str = module_parameters::label.value();
//! # }
//! # struct Limits;
//! # impl kernel::Module for Limits {
//! #     fn init(_module: &'static ThisModule) -> Result<Self> {
//! #         Ok(Limits)
//! #     }
//! # }
//! ```

mod parse;
mod string;

use crate::error::{code::EINVAL, from_result, Result};
use crate::ffi::{c_char, c_int};
use crate::sync::SetOnce;
use crate::value_text::{show, text};
use core::fmt::Display;
use core::marker::PhantomData;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use string::{string_ops, StringParam};

/// A type that a parameter can have.
pub trait ModuleParam: Copy + Display + Send + Sync + 'static {
    /// What stands for the parameter's name alone, where that will do.
    const ALONE: Option<Self> = None;

    /// Reads what the user gave.
    ///
    /// # Errors
    ///
    /// `EINVAL` where it is no such value, `ERANGE` where it is too large or too small.
    fn try_from_param_arg(arg: &str) -> Result<Self>;

    /// Returns what `/sys` shows of it.
    fn show(&self) -> &dyn Display {
        self
    }

    #[doc(hidden)]
    fn to_bits(self) -> u64;

    #[doc(hidden)]
    fn from_bits(bits: u64) -> Self;
}

/// A parameter, as the module's code sees it.
pub struct ModuleParamAccess<T> {
    default: T,
    loaded: SetOnce<T>,
    is_set: AtomicBool,
    now: AtomicU64,
}

impl<T: ModuleParam> ModuleParamAccess<T> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(default: T) -> Self {
        Self {
            default,
            loaded: SetOnce::new(),
            is_set: AtomicBool::new(false),
            now: AtomicU64::new(0),
        }
    }

    /// Returns the value that the module was loaded with: it never changes.
    pub fn value(&self) -> &T {
        self.loaded.as_ref().unwrap_or(&self.default)
    }

    /// Returns the value of now, which may have been written to `/sys/module` since, where the
    /// parameter's permissions let that happen.
    pub fn get(&self) -> T {
        if !self.is_set.load(Ordering::Acquire) {
            return self.default;
        }
        T::from_bits(self.now.load(Ordering::Relaxed))
    }

    fn set(&self, value: T) {
        self.now.store(value.to_bits(), Ordering::Relaxed);
        self.is_set.store(true, Ordering::Release);
    }

    #[doc(hidden)]
    pub const fn as_void_ptr(&self) -> *mut crate::ffi::c_void {
        core::ptr::from_ref(self).cast_mut().cast()
    }
}

/// What the kernel reads of a parameter: an entry of the section `__param`.
#[doc(hidden)]
#[repr(transparent)]
pub struct Entry(bindings::kernel_param);

// SAFETY: the kernel has a lock of its own for parameters, and nothing here changes one.
unsafe impl Sync for Entry {}

impl Entry {
    /// Makes one.
    ///
    /// # Panics
    ///
    /// Where `name` does not end in a NUL.
    #[must_use]
    pub const fn new(
        name: &'static str,
        module: *mut bindings::module,
        ops: &'static bindings::kernel_param_ops,
        permissions: u16,
        arg: *mut crate::ffi::c_void,
    ) -> Self {
        assert!(
            matches!(name.as_bytes(), [.., 0]),
            "a parameter's name ends in a NUL"
        );
        Self(bindings::kernel_param {
            name: name.as_ptr(),
            mod_: module,
            ops,
            perm: permissions,
            // As C's `__module_param_call`.
            level: -1,
            flags: 0,
            __bindgen_anon_1: bindings::kernel_param__bindgen_ty_1 { arg },
        })
    }
}

/// Returns what the kernel calls for a parameter of type `T`.
#[doc(hidden)]
#[must_use]
pub const fn ops<T: ModuleParam>() -> &'static bindings::kernel_param_ops {
    &Ops::<T>::OPS
}

struct Ops<T>(PhantomData<T>);

impl<T: ModuleParam> Ops<T> {
    const OPS: bindings::kernel_param_ops = {
        // SAFETY: all zeroes are a valid value of this C type.
        let mut ops: bindings::kernel_param_ops = unsafe { core::mem::zeroed() };
        if T::ALONE.is_some() {
            ops.flags = NOARG;
        }
        ops.set = Some(Self::set);
        ops.get = Some(Self::get);
        ops
    };

    /// # Safety
    ///
    /// `val` must be null or a string, `kp` a parameter that `module!` made for a `T`.
    unsafe extern "C" fn set(val: *const c_char, kp: *const bindings::kernel_param) -> c_int {
        // SAFETY: the caller's promise.
        let param: &ModuleParamAccess<T> = unsafe { access(kp) };
        from_result(|| {
            let value = if val.is_null() {
                T::ALONE.ok_or(EINVAL)?
            } else {
                // SAFETY: the caller's promise.
                T::try_from_param_arg(unsafe { text(val) }?)?
            };
            // What is written later, through /sys, is not what the module was loaded with; nor is
            // what was overwritten before the module ran, where insmod was given it twice.
            // SAFETY: `kp` is valid, and before the module runs, nobody sees the value.
            unsafe {
                if bindings::rust_helper_module_is_loading((*kp).mod_) {
                    param.loaded.set(value);
                }
            }
            param.set(value);
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// `buffer` must be a page, `kp` a parameter that `module!` made for a `T`.
    unsafe extern "C" fn get(buffer: *mut c_char, kp: *const bindings::kernel_param) -> c_int {
        // SAFETY: the caller's promise.
        let param: &ModuleParamAccess<T> = unsafe { access(kp) };
        // SAFETY: the caller's promise.
        unsafe { show(buffer, param.get().show()) }
    }
}

/// `KERNEL_PARAM_OPS_FL_NOARG` (include/linux/moduleparam.h): the name alone is enough.
const NOARG: crate::ffi::c_uint = bindings::KERNEL_PARAM_OPS_FL_NOARG as crate::ffi::c_uint;

/// Returns what `module!` put in as a parameter's argument.
///
/// # Safety
///
/// It must be an `A`.
unsafe fn access<'a, A>(kp: *const bindings::kernel_param) -> &'a A {
    // SAFETY: the caller's promise; `module!` sets this member of the union.
    unsafe { &*(*kp).__bindgen_anon_1.arg.cast::<A>() }
}
