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

mod bytes;
mod file;
mod scope;
mod traits;

pub use bytes::{BinaryReader, BinaryReaderMut, BinaryWriter};
pub use file::File;
pub use scope::{Scope, ScopedDir};
pub use traits::{Reader, Writer};

use crate::alive::Alive;
use crate::alloc::flags::GFP_KERNEL;
use crate::error::code::ENOMEM;
use crate::str::{CStr, CStrExt};
use crate::sync::Arc;
use crate::uaccess::UserSliceReader;
use core::fmt;
use file::{ByCall, ByTrait, Nothing, Operations};
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
    /// Where it is, or has in it, a file: a folder alone has no functions.
    _alive: Option<Alive>,
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
            _alive: None,
        }
    }

    /// Makes a folder, in that of debugfs itself where there is no parent.
    fn folder(name: &CStr, parent: Option<&Dir>, alive: Option<Alive>) -> Self {
        let above = parent.map_or(core::ptr::null_mut(), Dir::dentry);
        Self {
            // SAFETY: it is as the functions of C returned it, or null, and outlives this.
            dentry: unsafe { make_folder(name, above) },
            _parent: parent.cloned().unwrap_or(Dir(None)),
            _alive: alive,
        }
    }
}

/// Makes a folder.
///
/// # Safety
///
/// `parent` must be a folder, an error, which is then returned, or null.
unsafe fn make_folder(name: &CStr, parent: *mut bindings::dentry) -> *mut bindings::dentry {
    // SAFETY: the name is a string, which is copied; the rest is the caller's promise.
    unsafe { bindings::rust_helper_debugfs_create_dir(name.as_char_ptr(), parent) }
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
        Self(Arc::new(Entry::folder(name, None, None), GFP_KERNEL).ok())
    }

    /// Makes a folder in this one.
    #[must_use]
    pub fn subdir(&self, name: &CStr) -> Self {
        Self(Arc::new(Entry::folder(name, Some(self), None), GFP_KERNEL).ok())
    }

    /// Returns the folder, or the error that there is instead.
    fn dentry(&self) -> *mut bindings::dentry {
        let entry = self.0.as_ref();
        entry.map_or(ENOMEM.to_ptr(), |entry| entry.dentry)
    }

    /// Makes a folder in this one for a value, and lets `init` put files in that show the value's
    /// parts. All are removed when the scope is dropped.
    pub fn scope<'a, T: 'a, E: 'a, F>(
        &'a self,
        data: impl PinInit<T, E> + 'a,
        name: &'a CStr,
        init: F,
    ) -> impl PinInit<Scope<T>, E> + 'a
    where
        F: for<'data, 'dir> FnOnce(&'data T, &'dir ScopedDir<'data, 'dir>) + 'a,
    {
        Scope::folder(data, name, Some(self), init)
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
        File::create(self, name, data, Operations::text::<ByTrait, Nothing>())
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
        File::create(self, name, data, Operations::text::<ByTrait, ByTrait>())
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
        File::create(self, name, data, Operations::text::<Nothing, ByTrait>())
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
        File::create(self, name, data, Operations::text::<ByCall<F>, Nothing>())
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
        File::create(self, name, data, Operations::text::<ByCall<F>, ByCall<W>>())
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
        File::create(self, name, data, Operations::text::<Nothing, ByCall<W>>())
    }

    /// Makes a file that shows a value's bytes.
    pub fn read_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryWriter + Send + Sync + 'static,
    {
        File::create(self, name, data, Operations::bytes_read())
    }

    /// Makes a file that shows a value's bytes, and changes those that are written.
    pub fn read_write_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryWriter + BinaryReader + Send + Sync + 'static,
    {
        File::create(self, name, data, Operations::bytes())
    }

    /// Makes a file that changes those of a value's bytes that are written.
    pub fn write_binary_file<'a, T, E: 'a>(
        &'a self,
        name: &'a CStr,
        data: impl PinInit<T, E> + 'a,
    ) -> impl PinInit<File<T>, E> + 'a
    where
        T: BinaryReader + Send + Sync + 'static,
    {
        File::create(self, name, data, Operations::bytes_written())
    }
}
