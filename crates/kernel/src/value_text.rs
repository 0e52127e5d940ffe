// SPDX-License-Identifier: GPL-2.0

//! What users write into, and read from, a file that is a value: its text, on a line of its own.

use crate::error::{code::EINVAL, from_result, Result};
use crate::ffi::{c_char, c_int};
use crate::str::{CStr, CStrExt, Formatter};
use core::fmt::{Display, Write};
use core::str::FromStr;

/// Reads a value, whatever blanks stand around it.
///
/// # Errors
///
/// `EINVAL` where it is none.
pub(crate) fn parse<T: FromStr>(text: &str) -> Result<T> {
    text.trim().parse().map_err(|_| EINVAL)
}

/// Returns what a user wrote, less the end of the line.
///
/// # Errors
///
/// `EINVAL` where it is no UTF-8.
///
/// # Safety
///
/// It must be a string, valid for as long as `'a`.
pub(crate) unsafe fn text<'a>(val: *const c_char) -> Result<&'a str> {
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_char_ptr(val) }.to_str()?;
    Ok(text.strip_suffix('\n').unwrap_or(text))
}

/// Writes a value and the end of its line for `/sys`, and returns how long they are.
///
/// # Safety
///
/// `buffer` must be a page.
pub(crate) unsafe fn show(buffer: *mut c_char, value: &dyn Display) -> c_int {
    // The kernel takes a text that fills the page for a mistake.
    // SAFETY: the caller's promise.
    let page = unsafe { core::slice::from_raw_parts_mut(buffer, bindings::PAGE_SIZE - 1) };
    let mut formatter = Formatter::new(page);
    from_result(|| {
        writeln!(formatter, "{value}")?;
        Ok(c_int::try_from(formatter.bytes_written())?)
    })
}
