// SPDX-License-Identifier: GPL-2.0

//! One read or write of a file.

use crate::types::ForeignOwnable;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// One read or write of a file whose private data is a `T`: the kernel's `struct kiocb`.
pub struct Kiocb<'a, T> {
    inner: NonNull<bindings::kiocb>,
    _file: PhantomData<&'a T>,
}

impl<'a, T: ForeignOwnable> Kiocb<'a, T> {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be valid, and used by nobody else, for as long as `'a`; the file's private data must
    /// be what `T::into_foreign` gave.
    #[must_use]
    pub unsafe fn from_raw(kiocb: *mut bindings::kiocb) -> Self {
        Self {
            // SAFETY: the caller says that it is valid.
            inner: unsafe { NonNull::new_unchecked(kiocb) },
            _file: PhantomData,
        }
    }

    /// Returns it as C has it.
    #[must_use]
    pub fn as_raw(&self) -> *mut bindings::kiocb {
        self.inner.as_ptr()
    }

    /// Returns the file's private data.
    #[must_use]
    pub fn file(&self) -> T::Borrowed<'a> {
        // SAFETY: both are valid while the call lasts.
        let private = unsafe { (*(*self.as_raw()).ki_filp).private_data };
        // SAFETY: whoever made this said that it is a `T`'s.
        unsafe { T::borrow(private) }
    }

    /// Returns the position.
    #[must_use]
    pub fn ki_pos(&self) -> i64 {
        // SAFETY: it is valid.
        unsafe { (*self.as_raw()).ki_pos }
    }

    /// Returns the position, to change it.
    pub fn ki_pos_mut(&mut self) -> &mut i64 {
        // SAFETY: it is valid, and nobody else uses it.
        unsafe { &mut (*self.as_raw()).ki_pos }
    }
}
