// SPDX-License-Identifier: GPL-2.0

//! Values that files show, and that are changed through files.

use crate::error::{code::EINVAL, Result};
use crate::sync::atomic::{Atomic, AtomicType, Relaxed};
use crate::sync::Mutex;
use crate::uaccess::UserSliceReader;
use crate::value_text::parse;
use core::fmt;
use core::str::FromStr;

/// A value that a file shows: all that has a debug form, and such a value in a [`Mutex`].
pub trait Writer {
    /// Writes the whole text.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: fmt::Debug> Writer for T {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{self:?}")
    }
}

impl<T: Writer> Writer for Mutex<T> {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().write(f)
    }
}

/// A value that is changed by writing to a file: an [`Atomic`], and all that can be parsed in a
/// [`Mutex`].
pub trait Reader {
    /// Takes what a user wrote.
    ///
    /// # Errors
    ///
    /// An error is what `write(2)` fails with.
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result;
}

impl<T: FromStr + Unpin> Reader for Mutex<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        let value = read(reader)?;
        *self.lock() = value;
        Ok(())
    }
}

impl<T: AtomicType + FromStr> Reader for Atomic<T> {
    fn read_from_slice(&self, reader: &mut UserSliceReader) -> Result {
        self.store(read(reader)?, Relaxed);
        Ok(())
    }
}

/// Parses a text of the user's, of 128 bytes at most.
fn read<T: FromStr>(reader: &mut UserSliceReader) -> Result<T> {
    let mut room = [0; 128];
    let text = room.get_mut(..reader.len()).ok_or(EINVAL)?;
    reader.read_slice(text)?;
    parse(core::str::from_utf8(text)?)
}
