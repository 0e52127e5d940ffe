// SPDX-License-Identifier: GPL-2.0

//! Files.

pub mod file;
mod kiocb;
pub(crate) mod operations;

pub use file::{File, LocalFile};
pub use kiocb::Kiocb;

use crate::error::Result;
use crate::str::{CStrExt, CString};

/// Tells whether there is a file of this name, for this process.
///
/// Some functions of C take a second file of one name for a mistake, of which they warn with a trace,
/// or do worse: so it is looked for before they are called.
pub(crate) fn exists(path: core::fmt::Arguments<'_>) -> Result<bool> {
    let path = CString::try_from_fmt(path)?;
    // SAFETY: it is a string.
    Ok(unsafe { bindings::rust_helper_path_exists(path.as_char_ptr()) })
}
