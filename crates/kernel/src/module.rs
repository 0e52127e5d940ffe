// SPDX-License-Identifier: GPL-2.0

//! What makes a crate a module.

use crate::alive;
use crate::error::{Error, Result};
use crate::ffi::c_int;
use core::ffi::CStr;
use pin_init::PinInit;

/// A module: what it does when it is loaded. What it does when it is unloaded is its [`Drop`].
///
/// The [`module!`](crate::macros::module) macro names the type that implements this.
pub trait Module: Sized + Sync + Send {
    /// Runs when the module is loaded, in place of C's `module_init`.
    ///
    /// # Errors
    ///
    /// An error refuses the load; `insmod` shows it, when nobody has a file of the module's open any
    /// more, and nothing that it registered [is alive](mod@crate::alive). Where `insmod` is killed before,
    /// the module stays loaded and does nothing, until `rmmod`.
    fn init(module: &'static ThisModule) -> Result<Self>;
}

/// A [`Module`] whose value is made where it will stay, because it holds what must not move.
pub trait InPlaceModule: Sync + Send {
    /// Makes the initialiser that runs when the module is loaded.
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error>;
}

impl<T: Module> InPlaceModule for T {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        let write = move |slot: *mut Self| {
            let value = <Self as Module>::init(module)?;
            // SAFETY: the initialiser is given a slot that is valid for writes.
            unsafe { slot.write(value) };
            Ok(())
        };
        // SAFETY: `write` fills the slot whenever it returns `Ok`, and leaves it alone otherwise.
        unsafe { pin_init::pin_init_from_closure(write) }
    }
}

/// What the [`module!`](crate::macros::module) macro says of a module's type.
pub trait ModuleMetadata {
    /// The module's name.
    const NAME: &'static CStr;
}

/// Returns the module that this crate is linked into, which is where C's tables need it.
#[allow(unused_unsafe)] // rustc before 1.82 wants it
pub(crate) const fn this_module() -> *mut bindings::module {
    extern "C" {
        #[allow(improper_ctypes)] // only its address is taken
        static __this_module: core::cell::UnsafeCell<bindings::module>;
    }
    // SAFETY: it is not read, and every module has it.
    let module = unsafe { core::ptr::addr_of!(__this_module) };
    core::cell::UnsafeCell::raw_get(module)
}

/// Returns the name of the module that this crate is linked into.
#[cfg(not(rkmbuild_host))]
pub(crate) fn name() -> &'static CStr {
    // SAFETY: the kernel gives each module a name that ends in a NUL and never changes.
    unsafe { CStr::from_ptr(core::ptr::addr_of!((*this_module()).name).cast()) }
}

/// The module itself: C's `THIS_MODULE`.
pub struct ThisModule(*mut bindings::module);

// SAFETY: a module's `struct module` may be used from every thread; nothing here writes it.
unsafe impl Sync for ThisModule {}

impl ThisModule {
    /// Wraps the `THIS_MODULE` pointer.
    ///
    /// # Safety
    ///
    /// `ptr` must be this module's `THIS_MODULE`.
    #[must_use]
    pub const unsafe fn from_ptr(ptr: *mut bindings::module) -> Self {
        Self(ptr)
    }

    /// Returns the pointer, for a C structure's `owner`.
    #[must_use]
    pub const fn as_ptr(&self) -> *mut bindings::module {
        self.0
    }

    /// Ends a load whose init failed, and returns what the kernel is told. Called by `module!`.
    ///
    /// What init had registered is gone, unless it was leaked; but files that were opened in between
    /// are not. Once nobody uses the module any more, this is the error. Where the process is killed
    /// before, the module stays loaded, without its value: the kernel is told that all is well, and
    /// the process will not learn of it.
    #[doc(hidden)]
    #[cold]
    #[must_use]
    pub fn init_failed(&self, error: c_int) -> c_int {
        if alive::wait(error) {
            return error;
        }
        // SAFETY: it is a module.
        unsafe { bindings::rust_helper_module_kept(self.0, error) };
        0
    }

    /// Ends the module, whose value is dropped. Called by `module!`.
    ///
    /// It does not return as long as the kernel may call a function of the module.
    #[doc(hidden)]
    pub fn end(&self) {
        alive::wait(0);
    }
}
