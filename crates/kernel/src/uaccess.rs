// SPDX-License-Identifier: GPL-2.0

//! The memory of the process that called.
//!
//! It may change at any time, may not be there, and may be none of ours to see: so it is only ever
//! copied, each part once, and each copy may fail with `EFAULT`.

use crate::alloc::{Allocator, Flags, Vec};
use crate::error::{code::EFAULT, Result};
use crate::ffi::c_void;
use crate::fs::file::Offset;
use crate::task::might_sleep;
use crate::transmute::{AsBytes, FromBytes};
use core::mem::{size_of, MaybeUninit};

/// An address in a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct UserPtr(*mut c_void);

impl UserPtr {
    /// Makes one of a number, as an ioctl's argument is.
    #[must_use]
    pub fn from_addr(addr: usize) -> Self {
        Self(addr as *mut c_void)
    }

    /// Makes one of a pointer, as C's `void __user *`.
    #[must_use]
    pub const fn from_ptr(ptr: *mut c_void) -> Self {
        Self(ptr)
    }

    /// Returns it as C has it.
    #[must_use]
    pub const fn as_const_ptr(self) -> *const c_void {
        self.0
    }

    /// Returns it as C has it.
    #[must_use]
    pub const fn as_mut_ptr(self) -> *mut c_void {
        self.0
    }

    /// Returns the address so many bytes on.
    #[must_use]
    pub const fn wrapping_byte_add(self, bytes: usize) -> Self {
        Self(self.0.wrapping_byte_add(bytes))
    }
}

/// A piece of a process's memory.
///
/// It can be read once and then written: what was read is used up, so that a check and a use never
/// see different bytes.
pub struct UserSlice {
    ptr: UserPtr,
    length: usize,
}

impl UserSlice {
    /// Makes one. Nothing is looked at yet.
    #[must_use]
    pub fn new(ptr: UserPtr, length: usize) -> Self {
        Self { ptr, length }
    }

    /// Reads all of it to the end of `buf`.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read, `ENOMEM` where there is no memory.
    pub fn read_all<A: Allocator>(self, buf: &mut Vec<u8, A>, flags: Flags) -> Result {
        self.reader().read_all(buf, flags)
    }

    /// Returns what reads it.
    #[must_use]
    pub fn reader(self) -> UserSliceReader {
        UserSliceReader {
            ptr: self.ptr,
            length: self.length,
        }
    }

    /// Returns what writes it.
    #[must_use]
    pub fn writer(self) -> UserSliceWriter {
        UserSliceWriter {
            ptr: self.ptr,
            length: self.length,
        }
    }

    /// Returns both.
    #[must_use]
    pub fn reader_writer(self) -> (UserSliceReader, UserSliceWriter) {
        let (ptr, length) = (self.ptr, self.length);
        (self.reader(), UserSliceWriter { ptr, length })
    }
}

/// Reads a process's memory, from the beginning to the end.
pub struct UserSliceReader {
    ptr: UserPtr,
    length: usize,
}

impl UserSliceReader {
    /// Goes on without reading.
    ///
    /// # Errors
    ///
    /// `EFAULT` where there is not so much left.
    pub fn skip(&mut self, bytes: usize) -> Result {
        self.length = self.length.checked_sub(bytes).ok_or(EFAULT)?;
        self.ptr = self.ptr.wrapping_byte_add(bytes);
        Ok(())
    }

    /// Returns another that reads the same. The process may change what is there in between.
    #[must_use]
    pub fn clone_reader(&self) -> Self {
        Self {
            ptr: self.ptr,
            length: self.length,
        }
    }

    /// Returns how many bytes are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Tells whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Fills `out`, which need not be initialised.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read.
    #[track_caller]
    pub fn read_raw(&mut self, out: &mut [MaybeUninit<u8>]) -> Result {
        might_sleep();
        if out.len() > self.length {
            return Err(EFAULT);
        }
        let (to, from) = (out.as_mut_ptr().cast(), self.ptr.as_const_ptr());
        // SAFETY: `out` is valid for so many writes; the other side is checked.
        let left = unsafe { bindings::rust_helper_copy_from_user(to, from, out.len()) };
        if left != 0 {
            return Err(EFAULT);
        }
        self.skip(out.len())
    }

    /// Fills `out`.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read.
    #[track_caller]
    pub fn read_slice(&mut self, out: &mut [u8]) -> Result {
        // SAFETY: it is the same; only initialised bytes are written to it.
        let out = unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<u8>]) };
        self.read_raw(out)
    }

    /// Fills `out` from `offset` on, as far as there is something left, and returns how many bytes it
    /// did.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read.
    pub fn read_slice_partial(&mut self, out: &mut [u8], offset: usize) -> Result<usize> {
        let end = offset.saturating_add(self.length).min(out.len());
        let Some(part) = out.get_mut(offset..end) else {
            return Ok(0);
        };
        self.read_slice(part)?;
        Ok(part.len())
    }

    /// Does what a write at `*offset` to a file that holds `out` does, and moves the position.
    ///
    /// # Errors
    ///
    /// `EINVAL` where the position is negative, `EFAULT` where it cannot be read.
    pub fn read_slice_file(&mut self, out: &mut [u8], offset: &mut Offset) -> Result<usize> {
        let read = self.read_slice_partial(out, usize::try_from(*offset)?)?;
        // A file's position cannot overflow by what lies within a slice.
        *offset += read as Offset;
        Ok(read)
    }

    /// Reads a value.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read.
    pub fn read<T: FromBytes>(&mut self) -> Result<T> {
        let mut value = MaybeUninit::<T>::uninit();
        // SAFETY: it is room for so many bytes.
        let out = unsafe {
            core::slice::from_raw_parts_mut(
                value.as_mut_ptr().cast::<MaybeUninit<u8>>(),
                size_of::<T>(),
            )
        };
        self.read_raw(out)?;
        // SAFETY: all bytes were written, and any are a value.
        Ok(unsafe { value.assume_init() })
    }

    /// Reads all that is left to the end of `buf`.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be read, `ENOMEM` where there is no memory.
    pub fn read_all<A: Allocator>(mut self, buf: &mut Vec<u8, A>, flags: Flags) -> Result {
        let length = self.length;
        buf.reserve(length, flags)?;
        self.read_raw(&mut buf.spare_capacity_mut()[..length])?;
        // SAFETY: so many bytes were just written.
        unsafe { buf.inc_len(length) };
        Ok(())
    }
}

/// Writes a process's memory, from the beginning to the end.
pub struct UserSliceWriter {
    ptr: UserPtr,
    length: usize,
}

impl UserSliceWriter {
    /// Returns how many bytes are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Tells whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Writes `data`.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be written.
    #[track_caller]
    pub fn write_slice(&mut self, data: &[u8]) -> Result {
        might_sleep();
        let length = self.length.checked_sub(data.len()).ok_or(EFAULT)?;
        let (to, from) = (self.ptr.as_mut_ptr(), data.as_ptr().cast());
        // SAFETY: `data` is valid for so many reads; the other side is checked.
        let left = unsafe { bindings::rust_helper_copy_to_user(to, from, data.len()) };
        if left != 0 {
            return Err(EFAULT);
        }
        self.ptr = self.ptr.wrapping_byte_add(data.len());
        self.length = length;
        Ok(())
    }

    /// Writes `data` from `offset` on, as far as there is room left, and returns how many bytes it did.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be written.
    pub fn write_slice_partial(&mut self, data: &[u8], offset: usize) -> Result<usize> {
        let end = offset.saturating_add(self.length).min(data.len());
        let Some(part) = data.get(offset..end) else {
            return Ok(0);
        };
        self.write_slice(part)?;
        Ok(part.len())
    }

    /// Does what a read at `*offset` of a file that holds `data` does, and moves the position.
    ///
    /// # Errors
    ///
    /// `EINVAL` where the position is negative, `EFAULT` where it cannot be written.
    pub fn write_slice_file(&mut self, data: &[u8], offset: &mut Offset) -> Result<usize> {
        let written = self.write_slice_partial(data, usize::try_from(*offset)?)?;
        // A file's position cannot overflow by what lies within a slice.
        *offset += written as Offset;
        Ok(written)
    }

    /// Writes a value.
    ///
    /// # Errors
    ///
    /// `EFAULT` where it cannot be written.
    pub fn write<T: AsBytes + ?Sized>(&mut self, value: &T) -> Result {
        self.write_slice(value.as_bytes())
    }
}
