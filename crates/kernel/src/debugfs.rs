// SPDX-License-Identifier: GPL-2.0

//! Files in `/sys/kernel/debug`, for who looks into a module at work.
//!
//! Where something goes wrong, the module does its work all the same, and the file is not there: no
//! function fails for want of debugfs. The kernel's log says what was wrong.
//!
//! ```
//! use kernel::debugfs;
//! use kernel::prelude::*;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! #[pin_data]
//! struct MyModule {
//!     #[pin]
//!     opened: debugfs::File<Atomic<u64>>,
//! }
//!
//! impl kernel::InPlaceModule for MyModule {
//!     fn init(_module: &'static ThisModule) -> impl PinInit<Self, Error> {
//!         let folder = debugfs::Dir::new(c"mine");
//!         try_pin_init!(Self {
//!             // /sys/kernel/debug/mine/opened
//!             opened <- folder.read_write_file(c"opened", Atomic::<u64>::new(0)),
//!         })
//!     }
//! }
//! ```

mod file;
mod traits;

pub use file::File;
pub use traits::{Reader, Writer};

use crate::alloc::flags::GFP_KERNEL;
use crate::str::{CStr, CStrExt};
use crate::sync::Arc;
use crate::uaccess::UserSliceReader;
use core::fmt;
use file::{ByCall, ByTrait, Nothing};
use pin_init::PinInit;

/// A folder. It is removed when this, its clones, and all that was made in it are dropped.
// Without memory for the count there is no folder.
#[derive(Clone)]
pub struct Dir(Option<Arc<Entry>>);

/// A folder or a file.
///
/// # Invariants
///
/// The pointer is what C's function returned that made it, or null; the parent outlives it.
struct Entry {
    dentry: *mut bindings::dentry,
    _parent: Dir,
}

// SAFETY: C's functions have locks of their own.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

impl Entry {
    const fn none() -> Self {
        Self {
            dentry: core::ptr::null_mut(),
            _parent: Dir(None),
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is one, or an error, or null, which C's function looks for. It
        // waits for those who are reading or writing.
        unsafe { bindings::rust_helper_debugfs_remove(self.dentry) };
    }
}

impl Dir {
    /// Makes a folder in `/sys/kernel/debug`.
    #[must_use]
    pub fn new(name: &CStr) -> Self {
        // SAFETY: the name is a string, which is copied.
        let dentry = unsafe {
            bindings::rust_helper_debugfs_create_dir(name.as_char_ptr(), core::ptr::null_mut())
        };
        let entry = Entry {
            dentry,
            _parent: Self(None),
        };
        Self(Arc::new(entry, GFP_KERNEL).ok())
    }

    /// Makes a folder in this one.
    #[must_use]
    pub fn subdir(&self, name: &CStr) -> Self {
        let Some(parent) = &self.0 else {
            return Self(None);
        };
        // SAFETY: the name is a string, which is copied; the parent is a folder, or an error, which
        // C's function returns in its turn.
        let dentry =
            unsafe { bindings::rust_helper_debugfs_create_dir(name.as_char_ptr(), parent.dentry) };
        let entry = Entry {
            dentry,
            _parent: self.clone(),
        };
        Self(Arc::new(entry, GFP_KERNEL).ok())
    }

    /// Makes a file that shows a value.
    pub fn read_only_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Writer + Send + Sync + 'static,
    {
        File::create::<ByTrait, Nothing, E>(self, name, data)
    }

    /// Makes a file that shows a value, and changes it when it is written.
    pub fn read_write_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Writer + Reader + Send + Sync + 'static,
    {
        File::create::<ByTrait, ByTrait, E>(self, name, data)
    }

    /// Makes a file that changes a value when it is written.
    pub fn write_only_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Reader + Send + Sync + 'static,
    {
        File::create::<Nothing, ByTrait, E>(self, name, data)
    }

    /// Makes a file that shows a value as `_f` writes it, which must not capture anything.
    pub fn read_callback_file<'a, T, E: 'a, F>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _f: &'static F,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync + 'static,
    {
        File::create::<ByCall<F>, Nothing, E>(self, name, data)
    }

    /// Makes a file that shows a value as `_f` writes it, and is written as `_w` reads it; neither
    /// may capture anything.
    pub fn read_write_callback_file<'a, T, E: 'a, F, W>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _f: &'static F,
        _w: &'static W,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        F: Fn(&T, &mut fmt::Formatter<'_>) -> fmt::Result + Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> crate::error::Result + Send + Sync + 'static,
    {
        File::create::<ByCall<F>, ByCall<W>, E>(self, name, data)
    }

    /// Makes a file that is written as `_w` reads it, which must not capture anything.
    pub fn write_callback_file<'a, T, E: 'a, W>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
        _w: &'static W,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: Send + Sync + 'static,
        W: Fn(&T, &mut UserSliceReader) -> crate::error::Result + Send + Sync + 'static,
    {
        File::create::<Nothing, ByCall<W>, E>(self, name, data)
    }
}
