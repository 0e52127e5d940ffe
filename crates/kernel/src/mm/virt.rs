// SPDX-License-Identifier: GPL-2.0

//! Pieces of a process's address space.

use crate::error::{code::EINVAL, to_result, Result};
use crate::types::Opaque;

/// A piece of address space that `mmap(2)` is about to map.
#[repr(transparent)]
pub struct VmaNew(Opaque<bindings::vm_area_struct>);

impl VmaNew {
    /// Takes a pointer of C's.
    ///
    /// # Safety
    ///
    /// It must be valid, and its `mmap` not be done, for as long as `'a`.
    #[must_use]
    pub unsafe fn from_raw<'a>(vma: *mut bindings::vm_area_struct) -> &'a Self {
        // SAFETY: the caller says so; it is the same under another name.
        unsafe { &*vma.cast() }
    }

    /// Returns it as C has it.
    #[must_use]
    pub fn as_ptr(&self) -> *mut bindings::vm_area_struct {
        self.0.get()
    }

    /// Returns where it begins.
    #[must_use]
    pub fn start(&self) -> usize {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_vma_start(self.as_ptr()) as usize }
    }

    /// Returns where it ends.
    #[must_use]
    pub fn end(&self) -> usize {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_vma_end(self.as_ptr()) as usize }
    }

    /// Returns the flags (`VM_…`).
    #[must_use]
    pub fn flags(&self) -> u64 {
        // SAFETY: it is valid.
        unsafe { bindings::rust_helper_vma_flags(self.as_ptr()) }
    }

    /// Forbids to write it, now and by `mprotect(2)`.
    ///
    /// # Errors
    ///
    /// `EINVAL` where it is to be writable already.
    pub fn try_clear_maywrite(&self) -> Result {
        // SAFETY: it is valid, and its `mmap` is not done.
        to_result(unsafe { bindings::rust_helper_vma_clear_maywrite(self.as_ptr()) })
    }

    /// Maps pages of our own, from the offset that the process asked for.
    ///
    /// The kernel counts users of each page: they may outlive the value.
    ///
    /// # Errors
    ///
    /// `ENXIO` or `EINVAL` where the process asked for more than there is.
    pub fn map_pages(&self, pages: &UserPages) -> Result {
        let memory = pages.0.as_ptr().cast_mut().cast();
        // SAFETY: it is valid, its `mmap` is not done, and the memory was made for this.
        to_result(unsafe { bindings::rust_helper_remap_vmalloc(self.as_ptr(), memory) })
    }
}

/// Whole pages of zeroed memory that processes may map.
pub struct UserPages(UserMemory);

struct UserMemory(*mut u8, usize);

// SAFETY: it owns its memory, which only atomic bytes are made of.
unsafe impl Send for UserMemory {}
// SAFETY: as above.
unsafe impl Sync for UserMemory {}

impl UserMemory {
    fn as_ptr(&self) -> *const u8 {
        self.0
    }
}

impl Drop for UserMemory {
    fn drop(&mut self) {
        // SAFETY: it came from vmalloc_user; pages that are mapped stay until they are not.
        unsafe { bindings::vfree(self.0.cast()) };
    }
}

impl UserPages {
    /// Allocates at least so many bytes.
    ///
    /// # Errors
    ///
    /// `ENOMEM` where there is no memory, `EINVAL` for none at all.
    pub fn new(bytes: usize) -> Result<Self> {
        if bytes == 0 {
            return Err(EINVAL);
        }
        // SAFETY: it has no precondition.
        let memory = unsafe { bindings::rust_helper_vmalloc_user(bytes) }.cast::<u8>();
        if memory.is_null() {
            return Err(crate::error::code::ENOMEM);
        }
        Ok(Self(UserMemory(memory, bytes)))
    }

    /// Returns the bytes. Processes that mapped them may write at the same time, so they are atomic.
    #[must_use]
    pub fn bytes(&self) -> &[core::sync::atomic::AtomicU8] {
        // SAFETY: so many zeroed bytes were allocated; an atomic byte is laid out as a byte.
        unsafe { core::slice::from_raw_parts(self.0 .0.cast(), self.0 .1) }
    }
}
