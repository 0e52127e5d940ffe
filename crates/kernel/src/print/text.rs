// SPDX-License-Identifier: GPL-2.0

//! Where a message is put together.
//!
//! Every module has this code, so it is written to be small: nothing in it can panic, nor is there
//! code for an overflow that cannot be.

use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use core::{ptr, slice};

/// Tells whether a byte means something to printk: NUL ends a string, SOH starts a level.
pub(super) const fn is_special(byte: u8) -> bool {
    byte <= 1
}

/// A buffer that is full, or gives away what is in it as it fills.
///
/// # Invariants
///
/// The first `len` bytes of `room` have been written, and it has as many.
pub(super) struct Text<'a> {
    room: &'a mut [MaybeUninit<u8>],
    len: usize,
    sink: &'a mut dyn FnMut(&[u8]),
    in_parts: bool,
}

impl<'a> Text<'a> {
    /// Makes one that gives `sink` all at the end, or parts before, where `in_parts` allows it.
    pub(super) fn new(
        room: &'a mut [MaybeUninit<u8>],
        sink: &'a mut dyn FnMut(&[u8]),
        in_parts: bool,
    ) -> Self {
        // INVARIANT: no byte counts as written.
        Self {
            room,
            len: 0,
            sink,
            in_parts,
        }
    }

    /// Gives away what is there.
    pub(super) fn flush(&mut self) {
        self.give(self.len);
    }

    /// Gives away the first `end` bytes, which are there, and keeps the others.
    fn give(&mut self, end: usize) {
        let (Some(rest), true) = (self.len.checked_sub(end), end != 0) else {
            return;
        };
        let start = self.room.as_mut_ptr().cast::<u8>();
        // SAFETY: by the invariant, `len` bytes are there and written, and `end` is no more. The
        // sink has its part only until it returns.
        unsafe {
            (self.sink)(slice::from_raw_parts(start, end));
            ptr::copy(start.add(end), start, rest);
        }
        // INVARIANT: as many were just moved to the beginning.
        self.len = rest;
    }

    /// Gives away what is there up to the last line's end, or else up to the last whole character.
    #[cold]
    fn give_some(&mut self) {
        // SAFETY: by the invariant, as many bytes have been written.
        let bytes = unsafe { slice::from_raw_parts(self.room.as_ptr().cast::<u8>(), self.len) };
        let end = match bytes.iter().rposition(|byte| *byte == b'\n') {
            Some(newline) => newline.saturating_add(1),
            None => bytes.len().saturating_sub(unfinished(bytes)),
        };
        self.give(end);
    }

    /// Takes bytes; fails, having taken none, where they do not fit and nothing may be given away.
    #[inline(never)]
    fn push(&mut self, mut bytes: &[u8]) -> fmt::Result {
        loop {
            let room = self.room.len().saturating_sub(self.len);
            if bytes.len() > room && !self.in_parts {
                return Err(fmt::Error);
            }
            let now = bytes.len().min(room);
            // SAFETY: there is room for as many, by the invariant behind `len` others; they are
            // the first ones of `bytes`, which lies elsewhere.
            bytes = unsafe {
                let to = self.room.as_mut_ptr().cast::<u8>().add(self.len);
                ptr::copy_nonoverlapping(bytes.as_ptr(), to, now);
                bytes.get_unchecked(now..)
            };
            // INVARIANT: as many more were just written.
            self.len = self.len.saturating_add(now);
            if bytes.is_empty() {
                return Ok(());
            }
            self.give_some();
        }
    }
}

impl Write for Text<'_> {
    /// Takes text; the bytes that printk would act on are written out as `/dev/kmsg` writes them.
    #[inline(never)]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
            self.push(rest.get(..at).unwrap_or_default())?;
            self.push(match rest.get(at) {
                Some(0) => b"\\x00",
                _ => b"\\x01",
            })?;
            rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        }
        self.push(rest)
    }
}

/// Returns how many bytes at the end are the beginning of a character whose rest is missing.
fn unfinished(bytes: &[u8]) -> usize {
    // The first byte of a character says how many there are: at most four.
    for (here, byte) in (1..4).zip(bytes.iter().rev()) {
        let all = match *byte {
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0.. => 4,
            _ => 1,
        };
        return if here < all { here } else { 0 };
    }
    0
}
