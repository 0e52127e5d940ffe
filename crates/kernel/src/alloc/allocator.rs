// SPDX-License-Identifier: GPL-2.0

//! Where memory comes from.

use super::{AllocError, Flags};
use crate::ffi::c_void;
use crate::task::might_sleep;
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
pub(super) unsafe fn krealloc(old: *const c_void, layout: Layout, flags: u32) -> *mut c_void {
    let size = slab_size(layout);
    if size > bindings::KMALLOC_MAX_SIZE {
        return ptr::null_mut();
    }
    look(flags);
    // SAFETY: the caller's promise.
    unsafe { bindings::rust_helper_krealloc(old, size, flags) }
}

/// What of the flags says that it may sleep.
const SLEEPS: u32 = bindings::GFP_KERNEL & !bindings::GFP_ATOMIC & !bindings::GFP_NOWAIT;

/// See [`might_sleep`].
fn look(flags: u32) {
    if flags & SLEEPS != 0 {
        might_sleep();
    }
}

/// Returns a pointer for what has no size: aligned, and never read.
fn dangling(layout: Layout) -> NonNull<u8> {
    // SAFETY: an alignment is never 0.
    unsafe { NonNull::new_unchecked(layout.align() as *mut u8) }
}

/// Returns the old memory as C takes it: null where there is none, or where it has no size.
fn as_raw(old: Option<NonNull<u8>>, layout: Layout) -> *mut c_void {
    match old {
        Some(old) if layout.size() > 0 => old.as_ptr().cast(),
        _ => ptr::null_mut(),
    }
}

/// A family of the kernel's functions, which have much in common.
///
/// # Safety
///
/// What `resize` returns is nobody else's until it is given to it again or to `free`, and aligned as
/// the layout asks.
unsafe trait Family {
    /// Makes memory larger or smaller; returns null where there is none.
    ///
    /// # Safety
    ///
    /// `old` must be null, or memory of this family of at least `old_size` bytes.
    unsafe fn resize(old: *mut c_void, old_size: usize, layout: Layout, flags: u32) -> *mut c_void;

    /// Frees memory.
    ///
    /// # Safety
    ///
    /// `old` must be null, or memory of this family that is not used again.
    unsafe fn free(old: *mut c_void);
}

// SAFETY: a family's memory is nobody else's, and what has no size is never read.
unsafe impl<F: Family> Allocator for F {
    unsafe fn realloc(
        old: Option<NonNull<u8>>,
        layout: Layout,
        old_layout: Layout,
        flags: Flags,
    ) -> Result<NonNull<u8>, AllocError> {
        let old = as_raw(old, old_layout);
        if layout.size() == 0 {
            // SAFETY: the caller says that it came from here, and gave it up.
            unsafe { <F as Family>::free(old) };
            return Ok(dangling(layout));
        }
        // SAFETY: the caller says that it came from here and has that size.
        let new = unsafe { F::resize(old, old_layout.size(), layout, flags.as_raw()) };
        NonNull::new(new.cast()).ok_or(AllocError)
    }

    unsafe fn free(ptr: NonNull<u8>, layout: Layout) {
        // SAFETY: the caller says that it came from here.
        unsafe { <F as Family>::free(as_raw(Some(ptr), layout)) }
    }
}

// SAFETY: `slab_size` sees to the alignment.
unsafe impl Family for Kmalloc {
    unsafe fn resize(old: *mut c_void, _: usize, layout: Layout, flags: u32) -> *mut c_void {
        // SAFETY: the caller's promise.
        unsafe { krealloc(old, layout, flags) }
    }

    unsafe fn free(old: *mut c_void) {
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_kfree(old) }
    }
}

// SAFETY: vmalloc's memory starts at a page, and nothing that is to be aligned to more is asked for.
unsafe impl Family for Vmalloc {
    unsafe fn resize(old: *mut c_void, old_size: usize, layout: Layout, flags: u32) -> *mut c_void {
        if layout.align() > bindings::PAGE_SIZE {
            return ptr::null_mut();
        }
        look(flags);
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_vrealloc(old, old_size, layout.size(), flags) }
    }

    unsafe fn free(old: *mut c_void) {
        // SAFETY: the caller's promise.
        unsafe { bindings::vfree(old) }
    }
}

// SAFETY: the memory starts at a page, or comes from kmalloc, for which `slab_size` sees to the
// alignment.
unsafe impl Family for KVmalloc {
    unsafe fn resize(old: *mut c_void, old_size: usize, layout: Layout, flags: u32) -> *mut c_void {
        if layout.align() > bindings::PAGE_SIZE {
            return ptr::null_mut();
        }
        look(flags);
        // SAFETY: the caller's promise.
        unsafe { bindings::rust_helper_kvrealloc(old, old_size, slab_size(layout), flags) }
    }

    unsafe fn free(old: *mut c_void) {
        // SAFETY: the caller's promise.
        unsafe { bindings::kvfree(old) }
    }
}
