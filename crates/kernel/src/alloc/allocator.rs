// SPDX-License-Identifier: GPL-2.0

//! Where memory comes from.

use super::{AllocError, Flags};
use core::alloc::Layout;
use core::ptr::{self, NonNull};

/// A source of memory.
///
/// # Safety
///
/// Memory that `realloc` returned stays valid, and nobody else's, until it is given to `realloc`
/// again or to `free`.
pub unsafe trait Allocator {
    /// Allocates memory for `layout`.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is none.
    fn alloc(layout: Layout, flags: Flags) -> Result<NonNull<u8>, AllocError> {
        // SAFETY: there is no old memory.
        unsafe { Self::realloc(None, layout, Layout::new::<()>(), flags) }
    }

    /// Makes memory larger or smaller, moving what is in it where it must.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is none; the old memory is as it was.
    ///
    /// # Safety
    ///
    /// `old` must be memory of this allocator for `old_layout`, or `None`. The alignment of both
    /// layouts must be the same.
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError>;

    /// Frees memory.
    ///
    /// # Safety
    ///
    /// `ptr` must be memory of this allocator for `layout`, and not be used again.
    unsafe fn free(ptr: NonNull<u8>, layout: Layout);
}

/// `kmalloc`: contiguous memory of up to a few megabytes, for most needs.
pub struct Kmalloc;

/// `vmalloc`: memory in whole pages that is contiguous in the kernel's address space only; for what
/// is large. It may sleep whatever the flags are.
pub struct Vmalloc;

/// `kvmalloc`: as `kmalloc` where that works, else as `vmalloc`.
pub struct KVmalloc;

/// Returns how many bytes to ask for so that what comes back is aligned as `layout` asks.
///
/// kmalloc aligns to `ARCH_KMALLOC_MINALIGN`, and objects of a size that is a power of two to
/// their size (Documentation/core-api/memory-allocation.rst, since 5.4).
pub(super) const fn slab_size(layout: Layout) -> usize {
    if layout.align() <= bindings::ARCH_SLAB_MINALIGN {
        return layout.size();
    }
    let larger = if layout.size() < layout.align() {
        layout.align()
    } else {
        layout.size()
    };
    // A `Layout` is never larger than `isize::MAX`: the next power of two is still a `usize`.
    larger.next_power_of_two()
}

/// `krealloc`, which would dump the stack where it is asked for more than it can ever give.
///
/// # Safety
///
/// `old` must be null or kmalloc's.
pub(super) unsafe fn krealloc(
    old: *const core::ffi::c_void,
    layout: Layout,
    flags: u32,
) -> *mut core::ffi::c_void {
    let size = slab_size(layout);
    if size > bindings::KMALLOC_MAX_SIZE {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    unsafe { bindings::rust_helper_krealloc(old, size, flags) }
}

/// Returns a pointer for what has no size: aligned, and never read.
fn dangling(layout: Layout) -> NonNull<u8> {
    // SAFETY: an alignment is never 0.
    unsafe { NonNull::new_unchecked(ptr::without_provenance_mut(layout.align())) }
}

/// Returns the old memory as C takes it: null where there is none, or where it has no size.
fn as_raw(old: Option<NonNull<u8>>, layout: Layout) -> *mut crate::ffi::c_void {
    match old {
        Some(old) if layout.size() > 0 => old.as_ptr().cast(),
        _ => ptr::null_mut(),
    }
}

fn from_raw(ptr: *mut crate::ffi::c_void) -> Result<NonNull<u8>, AllocError> {
    NonNull::new(ptr.cast()).ok_or(AllocError)
}

// SAFETY: krealloc's memory is nobody else's until it is freed; `slab_size` sees to the alignment.
unsafe impl Allocator for Kmalloc {
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = as_raw(old, old_layout);
        if layout.size() == 0 {
            // SAFETY: the caller gave it up; kfree takes null.
            unsafe { bindings::rust_helper_kfree(old) };
            return Ok(dangling(layout));
        }
        // SAFETY: the caller says that `old` came from here.
        from_raw(unsafe { krealloc(old, layout, flags.as_raw()) })
    }

    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller says that it came from here; kfree takes null.
        unsafe { bindings::rust_helper_kfree(as_raw(Some(ptr), layout)) }
    }
}

// SAFETY: vmalloc's memory is nobody else's until it is freed, and starts at a page.
unsafe impl Allocator for Vmalloc {
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = as_raw(old, old_layout);
        if layout.size() == 0 {
            // SAFETY: the caller gave it up; vfree takes null.
            unsafe { bindings::vfree(old) };
            return Ok(dangling(layout));
        }
        if layout.align() > bindings::PAGE_SIZE {
            return Err(AllocError);
        }
        let (size, old_size) = (layout.size(), old_layout.size());
        // SAFETY: the caller says that `old` came from here and is of that size.
        from_raw(unsafe { bindings::rust_helper_vrealloc(old, old_size, size, flags.as_raw()) })
    }

    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller says that it came from here; vfree takes null.
        unsafe { bindings::vfree(as_raw(Some(ptr), layout)) }
    }
}

// SAFETY: kvmalloc's memory is nobody else's until it is freed. It starts at a page or comes from
// kmalloc, for which `slab_size` sees to the alignment.
unsafe impl Allocator for KVmalloc {
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = as_raw(old, old_layout);
        if layout.size() == 0 {
            // SAFETY: the caller gave it up; kvfree takes null.
            unsafe { bindings::kvfree(old) };
            return Ok(dangling(layout));
        }
        if layout.align() > bindings::PAGE_SIZE {
            return Err(AllocError);
        }
        let (size, old_size) = (slab_size(layout), old_layout.size());
        // SAFETY: the caller says that `old` came from here and has at least that size.
        from_raw(unsafe { bindings::rust_helper_kvrealloc(old, old_size, size, flags.as_raw()) })
    }

    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller says that it came from here; kvfree takes null.
        unsafe { bindings::kvfree(as_raw(Some(ptr), layout)) }
    }
}
