// SPDX-License-Identifier: GPL-2.0

//! Where the bytes of a read go and those of a write come from: the kernel's `struct iov_iter`.

use crate::alloc::{Allocator, Flags, Vec};
use crate::error::{code::EFAULT, code::EINVAL, Result};
use crate::types::Opaque;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

macro_rules! common {
    ($name:ident) => {
        impl<'data> $name<'data> {
            /// Takes a pointer of C's.
            ///
            /// # Safety
            ///
            /// It must be valid, be used by nobody else, and go in this direction, for as long as
            /// `'iov`; the memory behind it for as long as `'data`.
            pub unsafe fn from_raw<'iov>(ptr: *mut bindings::iov_iter) -> &'iov mut Self {
                // SAFETY: the caller says so; it is the same under another name.
                unsafe { &mut *ptr.cast() }
            }

            /// Returns it as C has it.
            pub fn as_raw(&mut self) -> *mut bindings::iov_iter {
                self.iov.get()
            }

            /// Returns how many bytes are left.
            #[must_use]
            #[inline]
            pub fn len(&self) -> usize {
                let iov: *const bindings::iov_iter = self.iov.get();
                // SAFETY: it is valid, and has the number there: since 6.4 in a union without a name.
                unsafe {
                    iov.byte_add(bindings::IOV_ITER_COUNT)
                        .cast::<usize>()
                        .read()
                }
            }

            /// Tells whether none is left.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Goes on without copying.
            pub fn advance(&mut self, bytes: usize) {
                let bytes = bytes.min(self.len());
                // SAFETY: it is valid, and there is so much left.
                unsafe { bindings::iov_iter_advance(self.as_raw(), bytes) };
            }

            /// Goes back.
            ///
            /// # Safety
            ///
            /// By no more than it went on before.
            pub unsafe fn revert(&mut self, bytes: usize) {
                // SAFETY: the caller says so.
                unsafe { bindings::iov_iter_revert(self.as_raw(), bytes) };
            }
        }
    };
}

/// Where the bytes of a write come from.
#[repr(transparent)]
pub struct IovIterSource<'data> {
    iov: Opaque<bindings::iov_iter>,
    _source: PhantomData<&'data [u8]>,
}

/// Where the bytes of a read go.
#[repr(transparent)]
pub struct IovIterDest<'data> {
    iov: Opaque<bindings::iov_iter>,
    _dest: PhantomData<&'data mut [u8]>,
}

common!(IovIterSource);
common!(IovIterDest);

impl IovIterSource<'_> {
    /// Copies to `out`, and returns how many bytes it could.
    #[inline]
    pub fn copy_from_iter(&mut self, out: &mut [u8]) -> usize {
        // SAFETY: it is the same; only initialised bytes are written to it.
        let out = unsafe { &mut *(core::ptr::from_mut(out) as *mut [MaybeUninit<u8>]) };
        self.copy_from_iter_raw(out).len()
    }

    /// Copies to `out`, and returns the part that it filled.
    #[inline]
    pub fn copy_from_iter_raw<'a>(&mut self, out: &'a mut [MaybeUninit<u8>]) -> &'a mut [u8] {
        let (to, size) = (out.as_mut_ptr(), out.len());
        // SAFETY: `out` is valid for so many writes.
        let n = unsafe { bindings::rust_helper_copy_from_iter(to.cast(), size, self.as_raw()) };
        // SAFETY: so many bytes were just written.
        unsafe { core::slice::from_raw_parts_mut(to.cast(), n) }
    }

    /// Copies all that is left to the end of `out`, and returns how many bytes it could.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory, `EFAULT` where there is something and none could be copied.
    pub fn copy_from_iter_vec<A: Allocator>(
        &mut self,
        out: &mut Vec<u8, A>,
        flags: Flags,
    ) -> Result<usize> {
        let all = self.len();
        out.reserve(all, flags)?;
        let n = self
            .copy_from_iter_raw(&mut out.spare_capacity_mut()[..all])
            .len();
        // SAFETY: so many bytes were just written.
        unsafe { out.inc_len(n) };
        // A write of no bytes would be tried again for ever.
        if n == 0 && all > 0 {
            return Err(EFAULT);
        }
        Ok(n)
    }
}

impl IovIterDest<'_> {
    /// Copies `input`, and returns how many bytes it could.
    #[inline]
    pub fn copy_to_iter(&mut self, input: &[u8]) -> usize {
        let from = input.as_ptr().cast();
        // SAFETY: `input` is valid for so many reads.
        unsafe { bindings::rust_helper_copy_to_iter(from, input.len(), self.as_raw()) }
    }

    /// Answers a read at `*ppos` of a file that holds `contents`: copies, and moves the position.
    ///
    /// # Errors
    ///
    /// `EINVAL` where the position is negative, `EFAULT` where there is something to copy and none
    /// could be.
    #[inline]
    pub fn simple_read_from_buffer(&mut self, ppos: &mut i64, contents: &[u8]) -> Result<usize> {
        let pos = usize::try_from(*ppos).map_err(|_| EINVAL)?;
        let rest = contents.get(pos..).unwrap_or_default();
        let part = &rest[..rest.len().min(self.len())];
        let n = self.copy_to_iter(part);
        // A read of no bytes would be the end of the file.
        if n == 0 && !part.is_empty() {
            return Err(EFAULT);
        }
        // A file's position cannot overflow by what lies within a slice.
        *ppos += n as i64;
        Ok(n)
    }
}
