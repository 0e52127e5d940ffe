// SPDX-License-Identifier: GPL-2.0

//! Messages to the kernel's log.
//!
//! A message is formatted by Rust, without allocating, and handed to the kernel's `_printk` as one
//! record: what it holds is never read as a format, and no other message gets between its parts.
//! The kernel keeps at most about a kilobyte of one record; a longer message becomes several
//! records, cut at a line's end where there is one, and no byte of it is lost.
//!
//! ```
//! # use kernel::prelude::*;
//! # const __LOG_PREFIX: &[u8] = b"example\0";
//! # fn main() {}
//! # fn example() -> kernel::error::Result {
//! # let (done, total) = (1, 2);
//! pr_info!("{} of {} blocks done\n", done, total);
//! # Ok(())
//! # }
//! ```

mod macros;

use crate::ffi::c_char;
use crate::str::CStr;
use core::fmt::{self, Write};

/// The levels, as C's `KERN_*` name them.
#[doc(hidden)]
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum Level {
    Emerg = b'0',
    Alert = b'1',
    Crit = b'2',
    Err = b'3',
    Warning = b'4',
    Notice = b'5',
    Info = b'6',
    Debug = b'7',
    Cont = b'c',
}

/// Room for the usual message, on the stack of whoever prints.
const SHORT: usize = 192;

/// Room for as much as one record holds: 1024 (`PRINTKRB_RECORD_MAX`; `LOG_LINE_MAX` on 6.1 is less
/// by the 48 of `PREFIX_MAX`), less a prefix of a module's longest name (55) and its ": ".
const LONG: usize = 912;

/// Prints one message. Called by the `pr_*!` macros.
#[doc(hidden)]
pub fn print(level: Level, prefix: &[u8], args: fmt::Arguments<'_>) {
    format(args, |text| emit(level, prefix, text));
}

/// Formats a message and gives it to `sink`: at once, or where it is too long, in parts that each
/// fit into a record.
pub(crate) fn format(args: fmt::Arguments<'_>, mut sink: impl FnMut(&[u8])) {
    if let Some(text) = args.as_str() {
        if text.len() <= LONG && !text.bytes().any(is_special) {
            sink(text.as_bytes());
            return;
        }
    }
    if format_short(args, &mut sink).is_none() {
        format_long(args, &mut sink);
    }
}

/// Formats a message that fits into the small buffer; `None`: it does not, and `sink` got nothing.
///
/// Not inlined, so that the buffer is off the stack before a larger one is put there.
#[inline(never)]
fn format_short(args: fmt::Arguments<'_>, sink: &mut dyn FnMut(&[u8])) -> Option<()> {
    let mut text = Text::<SHORT>::new();
    text.write_fmt(args).ok()?;
    sink(text.as_bytes());
    Some(())
}

/// Formats a message of any length, a record at a time.
#[inline(never)]
#[cold]
fn format_long(args: fmt::Arguments<'_>, sink: &mut dyn FnMut(&[u8])) {
    let mut records = Records {
        sink,
        text: Text::new(),
    };
    // What a `Display` fails with has no place to go; what it wrote until then is printed.
    let _ = records.write_fmt(args);
    records.flush();
}

/// Tells whether a byte means something to printk: NUL ends a string, SOH starts a level.
const fn is_special(byte: u8) -> bool {
    byte <= 1
}

/// A buffer that is full or takes what is written.
struct Text<const SIZE: usize> {
    bytes: [core::mem::MaybeUninit<u8>; SIZE],
    len: usize,
}

impl<const SIZE: usize> Text<SIZE> {
    const fn new() -> Self {
        Self {
            bytes: [const { core::mem::MaybeUninit::uninit() }; SIZE],
            len: 0,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        // SAFETY: the first `len` bytes have been written.
        unsafe { core::slice::from_raw_parts(self.bytes.as_ptr().cast(), self.len) }
    }

    /// Takes `bytes`, or nothing of them where they do not fit.
    fn push(&mut self, bytes: &[u8]) -> fmt::Result {
        let room = self.bytes.get_mut(self.len..).ok_or(fmt::Error)?;
        let room = room.get_mut(..bytes.len()).ok_or(fmt::Error)?;
        for (to, from) in room.iter_mut().zip(bytes) {
            to.write(*from);
        }
        self.len += bytes.len();
        Ok(())
    }

    /// Keeps the bytes from `start` on, as the beginning.
    fn keep_from(&mut self, start: usize) {
        self.bytes.copy_within(start..self.len, 0);
        self.len -= start;
    }
}

/// Calls `push` with the parts of `text`, the bytes that printk would act on written out as
/// `/dev/kmsg` writes them.
fn escaped(text: &str, mut push: impl FnMut(&[u8]) -> fmt::Result) -> fmt::Result {
    for part in text.as_bytes().split_inclusive(|byte| is_special(*byte)) {
        match part.split_last() {
            Some((0, rest)) => {
                push(rest)?;
                push(b"\\x00")?;
            }
            Some((1, rest)) => {
                push(rest)?;
                push(b"\\x01")?;
            }
            _ => push(part)?,
        }
    }
    Ok(())
}

impl<const SIZE: usize> Write for Text<SIZE> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped(text, |part| self.push(part))
    }
}

/// Writes records as its buffer fills.
struct Records<'a> {
    sink: &'a mut dyn FnMut(&[u8]),
    text: Text<LONG>,
}

impl Records<'_> {
    fn flush(&mut self) {
        if !self.text.as_bytes().is_empty() {
            (self.sink)(self.text.as_bytes());
            self.text.len = 0;
        }
    }

    /// Prints what is there up to the last line's end, or else up to the last whole character.
    fn flush_some(&mut self) {
        let bytes = self.text.as_bytes();
        let line = bytes.iter().rposition(|byte| *byte == b'\n');
        let end = match line {
            Some(newline) => newline + 1,
            None => bytes.len() - unfinished(bytes),
        };
        (self.sink)(&bytes[..end]);
        self.text.keep_from(end);
    }

    fn push(&mut self, mut bytes: &[u8]) -> fmt::Result {
        while !bytes.is_empty() {
            let room = LONG - self.text.len;
            if room == 0 {
                self.flush_some();
                continue;
            }
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.text.push(now)?;
            bytes = later;
        }
        Ok(())
    }
}

impl Write for Records<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escaped(text, |part| self.push(part))
    }
}

/// Returns how many bytes at the end are the beginning of a character whose rest is missing.
fn unfinished(bytes: &[u8]) -> usize {
    match core::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => bytes.len() - error.valid_up_to(),
        _ => 0,
    }
}

/// Hands one record to the kernel. `prefix` ends in a NUL, as `module!` makes it.
fn emit(level: Level, prefix: &[u8], text: &[u8]) {
    let prefix = match level {
        Level::Cont => &[],
        _ => prefix.strip_suffix(b"\0").unwrap_or(prefix),
    };
    // SAFETY: both are valid for as many bytes as are said, and are only read.
    unsafe {
        bindings::rust_helper_printk(
            level as u8 as c_char,
            prefix.as_ptr().cast(),
            prefix.len(),
            text.as_ptr().cast(),
            text.len(),
        );
    }
}

/// How often one message may be printed: C's `DEFINE_RATELIMIT_STATE` with the usual limits.
#[doc(hidden)]
pub struct RateLimit(crate::types::Opaque<bindings::ratelimit_state>);

// SAFETY: the kernel's state has a lock of its own.
unsafe impl Sync for RateLimit {}

impl RateLimit {
    /// Makes one, for a static.
    #[must_use]
    #[allow(clippy::new_without_default)] // a static takes no default
    pub const fn new() -> Self {
        // `allows` makes a state of it.
        Self(crate::types::Opaque::zeroed())
    }

    /// Tells whether to print, and tells the user how many were left out. `prefix` is C's string: what
    /// stands before a NUL, or nothing where there is none.
    pub fn allows(&self, prefix: &'static [u8]) -> bool {
        let prefix = CStr::from_bytes_until_nul(prefix).unwrap_or_default();
        // SAFETY: the state is a static, and zeroed or in use; the prefix is a string.
        unsafe { bindings::rust_helper_ratelimit(self.0.get(), prefix.as_ptr().cast()) }
    }
}
