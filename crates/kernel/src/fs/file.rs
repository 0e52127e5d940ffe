// SPDX-License-Identifier: GPL-2.0

//! An open file.

use crate::sync::aref::AlwaysRefCounted;
use crate::types::Opaque;
use core::ptr::NonNull;

/// A position in a file, in bytes.
pub type Offset = bindings::loff_t;

/// The flags of open files, with the names they have in C.
pub mod flags {
    /// Position at the end before each write.
    pub const O_APPEND: u32 = bindings::O_APPEND;
    /// Do not wait.
    pub const O_NONBLOCK: u32 = bindings::O_NONBLOCK;
    /// The part of the flags that says whether to read, to write, or both.
    pub const O_ACCMODE: u32 = bindings::O_ACCMODE;
    /// Read only.
    pub const O_RDONLY: u32 = bindings::O_RDONLY;
    /// Write only.
    pub const O_WRONLY: u32 = bindings::O_WRONLY;
    /// Read and write.
    pub const O_RDWR: u32 = bindings::O_RDWR;
}

/// An open file: the kernel's `struct file`.
///
/// One that is being closed, as `release` is given, cannot be kept: to make an
/// [`ARef`](crate::sync::aref::ARef) of it panics.
#[repr(transparent)]
pub struct File(Opaque<bindings::file>);

/// An open file as the process that opened it has it. Here it offers no more than [`File`].
pub type LocalFile = File;

// SAFETY: a file counts its users by itself, on whatever thread.
unsafe impl Send for File {}
// SAFETY: what is read here is read as a whole.
unsafe impl Sync for File {}

impl File {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be to a file that is open for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw_file<'a>(ptr: *const bindings::file) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*ptr.cast() }
    }

    /// Returns the file as C has it.
    #[must_use]
    pub const fn as_ptr(&self) -> *mut bindings::file {
        self.0.get()
    }

    /// Returns the flags (`O_…`) that it has now.
    #[must_use]
    pub fn flags(&self) -> u32 {
        // SAFETY: the file is valid; another thread may change them, so they are read once.
        unsafe { core::ptr::addr_of!((*self.as_ptr()).f_flags).read_volatile() }
    }
}

// SAFETY: that is what the two functions do.
unsafe impl AlwaysRefCounted for File {
    fn inc_ref(&self) {
        // SAFETY: the file is valid.
        let open = unsafe { bindings::rust_helper_get_file(self.as_ptr()) };
        // A reference is what the caller is about to have: there is no other way not to give it one.
        assert!(open, "a file that is being closed cannot be kept");
    }

    unsafe fn dec_ref(obj: NonNull<Self>) {
        // SAFETY: the caller's promise.
        unsafe { bindings::fput(obj.as_ptr().cast()) };
    }
}
