// SPDX-License-Identifier: GPL-2.0

//! Files whose text is made when they are read: the kernel's `struct seq_file`.

use crate::types::{NotThreadSafe, Opaque};
use core::fmt;

/// Where the text goes.
#[repr(transparent)]
pub struct SeqFile {
    inner: Opaque<bindings::seq_file>,
    _not_send: NotThreadSafe,
}

impl SeqFile {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be valid, and used by this thread alone, for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(ptr: *mut bindings::seq_file) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Returns it as C has it.
    #[must_use]
    pub fn as_raw(&self) -> *mut bindings::seq_file {
        self.inner.get()
    }

    /// Writes text. Called by [`seq_print!`](crate::seq_print).
    #[doc(hidden)]
    pub fn call_printf(&self, args: fmt::Arguments<'_>) {
        // Where the room does not suffice, the kernel makes more and asks again for all of it.
        let _ = fmt::Write::write_fmt(&mut Writer(self), args);
    }
}

struct Writer<'a>(&'a SeqFile);

impl fmt::Write for Writer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // SAFETY: the text is valid for as many bytes as are said.
        unsafe { bindings::seq_write(self.0.as_raw(), text.as_ptr().cast(), text.len()) };
        Ok(())
    }
}

/// Writes text to a [`SeqFile`]: `seq_print!(m, "{}\n", n)`.
#[macro_export]
macro_rules! seq_print {
    ($m:expr, $($arg:tt)+) => {
        $m.call_printf(::core::format_args!($($arg)+))
    };
}
pub use seq_print;
