// SPDX-License-Identifier: GPL-2.0

//! Files.

pub mod file;
mod kiocb;
pub(crate) mod operations;

pub use file::{File, LocalFile};
pub use kiocb::Kiocb;

use crate::error::{from_err_ptr, Result};
use crate::str::{CStrExt, CString};

/// All that is in `/proc`, for whoever asks: a mount that is nobody else's.
///
/// Some functions of C take a second file of one name for a mistake, of which they warn with a trace,
/// or do worse: so it is looked for before they are called. Not by its name in the process' own root,
/// where `/proc` may be missing, hidden or another's.
///
/// # Invariants
///
/// The pointer is a mount.
pub(crate) struct Proc(*mut bindings::vfsmount);

impl Proc {
    pub(crate) fn mount() -> Result<Self> {
        // SAFETY: a thread that makes files may sleep.
        let mount = from_err_ptr(unsafe { bindings::rust_helper_mount_proc() })?;
        // INVARIANT: it was just made.
        Ok(Self(mount))
    }

    /// Tells whether there is a file of this name.
    pub(crate) fn has(&self, path: core::fmt::Arguments<'_>) -> Result<bool> {
        let path = CString::try_from_fmt(path)?;
        // SAFETY: by the invariant it is a mount; the path is a string.
        Ok(unsafe { bindings::rust_helper_exists_in(self.0, path.as_char_ptr()) })
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        // SAFETY: by the invariant it is a mount, which nobody else has.
        unsafe { bindings::kern_unmount(self.0) };
    }
}
