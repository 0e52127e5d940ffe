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
mod text;

use crate::ffi::c_char;
use crate::str::CStr;
use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use text::{is_special, Text};

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
#[cfg(not(rkmbuild_panic_short))]
pub fn print(level: Level, prefix: &[u8], args: fmt::Arguments<'_>) {
    format(args, &mut |text| emit(level, prefix, text));
}

/// Prints one message. Called by the `pr_*!` macros.
///
/// Where no panic needs `core::fmt`, it is inlined, so that the compiler knows which messages are
/// literal: a module all of whose messages are has nothing of it.
#[doc(hidden)]
#[cfg(rkmbuild_panic_short)]
#[inline]
pub fn print(level: Level, prefix: &[u8], args: fmt::Arguments<'_>) {
    match args.as_str() {
        Some(text) => print_literal(level, prefix, text),
        None => print_formatted(level, prefix, args),
    }
}

/// Prints a message that is put together already.
#[doc(hidden)]
#[cfg(rkmbuild_panic_short)]
#[inline(never)]
pub fn print_literal(level: Level, prefix: &[u8], text: &str) {
    let sink = &mut |text: &[u8]| emit(level, prefix, text);
    if is_plain(text) {
        sink(text.as_bytes());
    } else {
        literal_in_parts(text, sink);
    }
}

/// Prints a message that is to be put together.
#[doc(hidden)]
#[cfg(rkmbuild_panic_short)]
#[inline(never)]
pub fn print_formatted(level: Level, prefix: &[u8], args: fmt::Arguments<'_>) {
    format(args, &mut |text| emit(level, prefix, text));
}

/// As `format_long`, of text.
#[cfg(rkmbuild_panic_short)]
#[inline(never)]
#[cold]
fn literal_in_parts(text: &str, sink: &mut dyn FnMut(&[u8])) {
    let mut room = [MaybeUninit::uninit(); LONG];
    let mut whole = Text::new(&mut room, sink, true);
    // What is given away in parts always fits.
    let _ = whole.write_str(text);
    whole.flush();
}

/// Tells whether text fits into a record as it is.
fn is_plain(text: &str) -> bool {
    text.len() <= LONG && !text.bytes().any(is_special)
}

/// Formats a message and gives it to `sink`: at once, or where it is too long, in parts that each
/// fit into a record.
pub(crate) fn format(args: fmt::Arguments<'_>, sink: &mut dyn FnMut(&[u8])) {
    if let Some(text) = args.as_str() {
        if is_plain(text) {
            sink(text.as_bytes());
            return;
        }
    }
    if !format_short(args, sink) {
        format_long(args, sink);
    }
}

/// Formats a message that fits into the small buffer; `false`: it does not, and `sink` got nothing.
///
/// Not inlined, so that the buffer is off the stack before a larger one is put there.
#[inline(never)]
fn format_short(args: fmt::Arguments<'_>, sink: &mut dyn FnMut(&[u8])) -> bool {
    let mut room = [MaybeUninit::uninit(); SHORT];
    let mut text = Text::new(&mut room, sink, false);
    let fits = text.write_fmt(args).is_ok();
    if fits {
        text.flush();
    }
    fits
}

/// Formats a message of any length, a record at a time.
#[inline(never)]
#[cold]
fn format_long(args: fmt::Arguments<'_>, sink: &mut dyn FnMut(&[u8])) {
    let mut room = [MaybeUninit::uninit(); LONG];
    let mut text = Text::new(&mut room, sink, true);
    // What a `Display` fails with has no place to go; what it wrote until then is printed.
    let _ = text.write_fmt(args);
    text.flush();
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
