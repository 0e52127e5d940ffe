// SPDX-License-Identifier: GPL-2.0

//! Files in `/proc` whose text is made when they are read.
//!
//! ```
//! use kernel::prelude::*;
//! use kernel::proc_fs;
//! use kernel::seq_file::SeqFile;
//! use kernel::seq_print;
//! use kernel::sync::atomic::{Atomic, Relaxed};
//!
//! struct Count(Atomic<u64>);
//!
//! impl proc_fs::Show for Count {
//!     fn show(&self, m: &SeqFile) -> Result {
//!         seq_print!(m, "{}\n", self.0.load(Relaxed));
//!         Ok(())
//!     }
//! }
//!
//! let entry = proc_fs::Entry::new(c"count", 0o444, KBox::new(Count(Atomic::<u64>::new(0)), GFP_KERNEL)?)?;
//! # Ok::<(), Error>(())
//! ```

use crate::alive::{alive, Alive};
use crate::alloc::KBox;
use crate::error::{code::EEXIST, code::ENOMEM, from_result, Result};
use crate::ffi::{c_int, c_void};
use crate::seq_file::SeqFile;
use crate::str::{CStr, CStrExt};
use core::ptr::NonNull;

/// What a file shows.
pub trait Show: Send + Sync + 'static {
    /// Writes the text. It may run more than once for one reader, and for several at once.
    ///
    /// # Errors
    ///
    /// An error is what `read(2)` fails with.
    fn show(&self, m: &SeqFile) -> Result;
}

/// A file in `/proc`. Dropping it removes the file, and waits for those who read it.
pub struct Entry<T: Show> {
    inner: NonNull<bindings::proc_dir_entry>,
    data: NonNull<T>,
    _alive: Alive,
}

// SAFETY: a file may be removed by another thread than the one that made it.
unsafe impl<T: Show> Send for Entry<T> {}
// SAFETY: a shared one gives shared references to what is `Sync`.
unsafe impl<T: Show> Sync for Entry<T> {}

impl<T: Show> Entry<T> {
    /// Makes a file with the permissions `mode`, as `0o444`.
    ///
    /// # Errors
    ///
    /// `EEXIST` where there is a file of this name, `EINVAL` for a name that is no UTF-8, `ENOMEM`.
    pub fn new(name: &CStr, mode: u16, data: KBox<T>) -> Result<Self> {
        if crate::fs::Proc::mount()?.has(format_args!("{}", name.to_str()?))? {
            return Err(EEXIST);
        }
        let alive = alive!(Entry);
        let data = KBox::into_raw(data);
        // SAFETY: the name is a string, and the data lives until the file is removed.
        let entry = unsafe {
            bindings::proc_create_single_data(
                name.as_char_ptr(),
                mode,
                core::ptr::null_mut(),
                Some(show::<T>),
                data.cast(),
            )
        };
        // SAFETY: a box is never null.
        let data = unsafe { NonNull::new_unchecked(data) };
        let Some(entry) = NonNull::new(entry) else {
            // SAFETY: there is no file that has it.
            drop(unsafe { KBox::from_raw(data.as_ptr()) });
            return Err(ENOMEM);
        };
        Ok(Self {
            inner: entry,
            data,
            _alive: alive,
        })
    }

    /// Returns what the file shows.
    #[must_use]
    pub fn data(&self) -> &T {
        // SAFETY: the data lives as long as this.
        unsafe { self.data.as_ref() }
    }
}

impl<T: Show> Drop for Entry<T> {
    fn drop(&mut self) {
        // SAFETY: the file exists. Afterwards nobody reads it.
        unsafe { bindings::proc_remove(self.inner.as_ptr()) };
        // SAFETY: it came from a box, and nobody has it any more.
        drop(unsafe { KBox::from_raw(self.data.as_ptr()) });
    }
}

/// # Safety
///
/// `m` must be that of a file which `Entry::new` made for a `T`.
unsafe extern "C" fn show<T: Show>(m: *mut bindings::seq_file, _: *mut c_void) -> c_int {
    // SAFETY: the caller's promise; `proc_create_single_data` puts the data there.
    let data = unsafe { &*(*m).private.cast::<T>() };
    // SAFETY: the caller's promise.
    from_result(|| data.show(unsafe { SeqFile::from_raw(m) }).map(|()| 0))
}
