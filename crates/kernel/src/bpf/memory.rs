// SPDX-License-Identifier: GPL-2.0

//! Memory of a program's.

use crate::error::{code::EINVAL, Result};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Memory that a program gives to a kfunc: on its stack, in a map, in its context.
///
/// Others may read and write it meanwhile, other programs and other arguments of the same call
/// included. So it is copied from and to, byte by byte, and never borrowed.
///
/// # Invariants
///
/// There are `size` bytes at `start`, to be read and written.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    start: NonNull<u8>,
    size: usize,
    _there: PhantomData<&'a [core::cell::Cell<u8>]>,
}

impl Memory<'_> {
    /// Takes memory.
    ///
    /// # Safety
    ///
    /// As the invariant says, for as long as the lifetime.
    pub(super) const unsafe fn new(start: NonNull<u8>, size: usize) -> Self {
        // INVARIANT: the caller says so.
        Self {
            start,
            size,
            _there: PhantomData,
        }
    }

    /// Returns how many bytes there are.
    #[must_use]
    pub const fn len(self) -> usize {
        self.size
    }

    /// Tells whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.size == 0
    }

    /// Returns its start, for C.
    #[must_use]
    pub const fn as_ptr(self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Returns the `size` bytes of it that begin at `start`.
    ///
    /// # Errors
    ///
    /// `EINVAL`: there are not so many.
    pub fn part(self, start: usize, size: usize) -> Result<Self> {
        if start > self.size || size > self.size - start {
            return Err(EINVAL);
        }
        // SAFETY: it lies within, or at the end.
        let start = unsafe { NonNull::new_unchecked(self.as_ptr().add(start)) };
        // INVARIANT: as far as this one is.
        Ok(Self {
            start,
            size,
            ..self
        })
    }

    /// Copies from its start, as much as there is in both; returns how much that was.
    pub fn read(self, to: &mut [u8]) -> usize {
        for (index, byte) in to.iter_mut().take(self.size).enumerate() {
            // SAFETY: there are so many bytes. Volatile, since others may write them.
            *byte = unsafe { self.as_ptr().add(index).read_volatile() };
        }
        self.size.min(to.len())
    }

    /// Copies to its start, as much as there is in both; returns how much that was.
    #[allow(clippy::must_use_candidate)] // it is the memory that matters
    pub fn write(self, from: &[u8]) -> usize {
        for (index, byte) in from.iter().take(self.size).enumerate() {
            // SAFETY: there are so many bytes. Volatile, since others may use them.
            unsafe { self.as_ptr().add(index).write_volatile(*byte) };
        }
        self.size.min(from.len())
    }

    /// Makes each byte the same.
    pub fn fill(self, byte: u8) {
        for index in 0..self.size {
            // SAFETY: there are so many bytes.
            unsafe { self.as_ptr().add(index).write_volatile(byte) };
        }
    }
}

impl<'a> From<&'a mut [u8]> for Memory<'a> {
    fn from(bytes: &'a mut [u8]) -> Self {
        // SAFETY: a slice has a start, and that many bytes, which nobody else uses meanwhile.
        unsafe { Self::new(NonNull::new_unchecked(bytes.as_mut_ptr()), bytes.len()) }
    }
}
