// SPDX-License-Identifier: GPL-2.0

//! The global allocator, over the kernel's slab allocator.

use super::allocator::krealloc;
use core::alloc::{GlobalAlloc, Layout};
use core::ptr;

/// Gives the types of the `alloc` crate their memory.
struct SlabAllocator;

#[global_allocator]
static ALLOCATOR: SlabAllocator = SlabAllocator;

// SAFETY: krealloc returns memory of at least the size asked for that nobody else uses, or null;
// `slab_size` sees to the alignment. None of the functions unwinds.
unsafe impl GlobalAlloc for SlabAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: with a null pointer krealloc allocates.
        unsafe { krealloc(ptr::null(), layout, bindings::GFP_KERNEL) }.cast()
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let flags = bindings::GFP_KERNEL | bindings::__GFP_ZERO;
        // SAFETY: with a null pointer krealloc allocates.
        unsafe { krealloc(ptr::null(), layout, flags) }.cast()
    }

    #[inline]
    unsafe fn realloc(&self, old: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller says that `new_size`, rounded up to the alignment, is no overflow.
        let new = unsafe { Layout::from_size_align_unchecked(new_size, layout.align()) };
        // SAFETY: `old` came from this allocator, which takes all memory from krealloc.
        unsafe { krealloc(old.cast(), new, bindings::GFP_KERNEL) }.cast()
    }

    #[inline]
    unsafe fn dealloc(&self, old: *mut u8, _layout: Layout) {
        // SAFETY: `old` came from this allocator, which takes all memory from krealloc.
        unsafe { bindings::rust_helper_kfree(old.cast()) }
    }
}

/// Panics; where that tells its place alone, without what would write the number.
macro_rules! failed {
    ($size:expr) => {{
        if cfg!(rkmbuild_panic_short) {
            panic!("memory allocation failed");
        }
        panic!("memory allocation of {} bytes failed", $size)
    }};
}

#[alloc_error_handler]
fn out_of_memory(layout: Layout) -> ! {
    failed!(layout.size())
}

/// What `alloc` calls in place of rustc's shim for a failed allocation.
///
/// The shim of rustc 1.78 and 1.85 is a jump to the handler above, which objtool does not follow: it
/// would take it that the shim returns. The linker is told to wrap it (`--wrap`); a later rustc has
/// a shim that objtool reads, under a name that is not wrapped, and this function is left out.
#[no_mangle]
#[allow(non_snake_case)] // ld's prefix and rustc's name
extern "Rust" fn __wrap___rust_alloc_error_handler(size: usize, _align: usize) -> ! {
    failed!(size)
}
