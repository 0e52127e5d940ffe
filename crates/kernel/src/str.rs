// SPDX-License-Identifier: GPL-2.0

//! Strings as C has them, and strings that need not be UTF-8.

use crate::alloc::flags::GFP_KERNEL;
use crate::alloc::{AllocError, Flags, KVec};
use crate::error::{code::EINVAL, Error};
use core::fmt::{self, Write};
use core::ops::Deref;

pub use core::ffi::CStr;

/// Makes a [`CStr`] of a string literal, at compile time. `c"…"` does the same.
#[macro_export]
macro_rules! c_str {
    ($text:expr) => {{
        const TEXT: &'static ::core::ffi::CStr =
            match ::core::ffi::CStr::from_bytes_with_nul(::core::concat!($text, "\0").as_bytes()) {
                Ok(text) => text,
                Err(_) => ::core::panic!("a C string cannot have a NUL in it"),
            };
        TEXT
    }};
}

/// What [`CStr`] lacks.
pub trait CStrExt {
    /// Takes a pointer for a string.
    ///
    /// # Safety
    ///
    /// It must be to bytes that end in a NUL, valid and not written for as long as `'a`.
    unsafe fn from_char_ptr<'a>(ptr: *const crate::ffi::c_char) -> &'a Self;

    /// Returns a pointer to the bytes.
    fn as_char_ptr(&self) -> *const crate::ffi::c_char;
}

impl CStrExt for CStr {
    unsafe fn from_char_ptr<'a>(ptr: *const crate::ffi::c_char) -> &'a Self {
        // SAFETY: the caller's promise is the same.
        unsafe { CStr::from_ptr(ptr.cast()) }
    }

    fn as_char_ptr(&self) -> *const crate::ffi::c_char {
        self.as_ptr().cast()
    }
}

/// Bytes that are shown as text: printable ASCII as it is, all else as `\xNN`.
#[repr(transparent)]
pub struct BStr([u8]);

impl BStr {
    /// Takes bytes for one.
    #[must_use]
    pub const fn from_bytes(bytes: &[u8]) -> &Self {
        // SAFETY: it is the same, under another name.
        unsafe { &*(core::ptr::from_ref(bytes) as *const Self) }
    }

    /// Returns the rest, if it begins with `prefix`.
    #[must_use]
    pub fn strip_prefix(&self, prefix: impl AsRef<Self>) -> Option<&Self> {
        self.0
            .strip_prefix(&prefix.as_ref().0)
            .map(Self::from_bytes)
    }
}

impl Deref for BStr {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<BStr> for BStr {
    fn as_ref(&self) -> &BStr {
        self
    }
}

impl AsRef<BStr> for [u8] {
    fn as_ref(&self) -> &BStr {
        BStr::from_bytes(self)
    }
}

impl PartialEq for BStr {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

/// Makes a [`BStr`] of a string literal.
#[macro_export]
macro_rules! b_str {
    ($text:literal) => {{
        const TEXT: &'static $crate::str::BStr = $crate::str::BStr::from_bytes($text.as_bytes());
        TEXT
    }};
}

impl fmt::Display for BStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in &self.0 {
            match byte {
                b'\t' => f.write_str("\\t")?,
                b'\n' => f.write_str("\\n")?,
                b'\r' => f.write_str("\\r")?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for BStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for byte in &self.0 {
            match byte {
                b'"' => f.write_str("\\\"")?,
                b'\\' => f.write_str("\\\\")?,
                other => fmt::Display::fmt(Self::from_bytes(core::slice::from_ref(other)), f)?,
            }
        }
        f.write_char('"')
    }
}

/// A C string of our own.
///
/// # Invariants
///
/// The bytes end in a NUL and have no other.
pub struct CString(KVec<u8>);

impl CString {
    /// Formats a string: `CString::try_from_fmt(fmt!("queue{}", n))`.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory, `EINVAL` where there is a NUL in the text.
    pub fn try_from_fmt(args: fmt::Arguments<'_>) -> Result<Self, Error> {
        struct Writer(KVec<u8>, Result<(), AllocError>);
        impl Write for Writer {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.1 = self.0.extend_from_slice(text.as_bytes(), GFP_KERNEL);
                self.1.map_err(|_| fmt::Error)
            }
        }
        let mut writer = Writer(KVec::new(), Ok(()));
        let written = writer.write_fmt(args);
        writer.1?;
        written?;
        Self::from_vec(writer.0, GFP_KERNEL)
    }

    fn from_vec(mut bytes: KVec<u8>, flags: Flags) -> Result<Self, Error> {
        if bytes.contains(&0) {
            return Err(EINVAL);
        }
        bytes.push(0, flags)?;
        // INVARIANT: there was no NUL, and now there is one at the end.
        Ok(Self(bytes))
    }
}

impl TryFrom<&CStr> for CString {
    type Error = AllocError;

    fn try_from(text: &CStr) -> Result<Self, AllocError> {
        let mut bytes = KVec::new();
        bytes.extend_from_slice(text.to_bytes_with_nul(), GFP_KERNEL)?;
        // INVARIANT: these are the bytes of a C string.
        Ok(Self(bytes))
    }
}

impl Deref for CString {
    type Target = CStr;

    fn deref(&self) -> &CStr {
        // SAFETY: by the invariant the bytes end in the one NUL.
        unsafe { CStr::from_bytes_with_nul_unchecked(&self.0) }
    }
}

impl fmt::Debug for CString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Formats into a slice; what does not fit is an error.
pub struct Formatter<'a> {
    buffer: &'a mut [u8],
    len: usize,
}

impl<'a> Formatter<'a> {
    /// Makes one.
    pub fn new(buffer: &'a mut [u8]) -> Self {
        Self { buffer, len: 0 }
    }

    /// Returns how many bytes were written.
    #[must_use]
    pub fn bytes_written(&self) -> usize {
        self.len
    }
}

impl Write for Formatter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        let room = self.buffer.get_mut(self.len..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}
