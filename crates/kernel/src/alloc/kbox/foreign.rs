// SPDX-License-Identifier: GPL-2.0

//! Boxes that C code keeps for a while.

use super::Box;
use crate::alloc::Allocator;
use crate::ffi::c_void;
use crate::types::ForeignOwnable;
use core::mem::align_of;
use core::pin::Pin;

// SAFETY: the pointer is that of `into_raw`, aligned as `T` is and never null.
unsafe impl<T: 'static, A: Allocator> ForeignOwnable for Box<T, A> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = &'a T;
    type BorrowedMut<'a> = &'a mut T;

    fn into_foreign(self) -> *mut c_void {
        Self::into_raw(self).cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: the caller says that `into_foreign` returned it.
        unsafe { Self::from_raw(ptr.cast()) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> &'a T {
        // SAFETY: the caller says that the value is there for as long as 'a, and only shared.
        unsafe { &*ptr.cast() }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> &'a mut T {
        // SAFETY: the caller says that the value is there for as long as 'a, and nobody else's.
        unsafe { &mut *ptr.cast() }
    }
}

// SAFETY: as above; the value is not moved in between.
unsafe impl<T: 'static, A: Allocator> ForeignOwnable for Pin<Box<T, A>> {
    const FOREIGN_ALIGN: usize = align_of::<T>();
    type Borrowed<'a> = Pin<&'a T>;
    type BorrowedMut<'a> = Pin<&'a mut T>;

    fn into_foreign(self) -> *mut c_void {
        // SAFETY: whoever has the pointer treats the value as pinned.
        Box::into_raw(unsafe { Pin::into_inner_unchecked(self) }).cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // SAFETY: the caller says that `into_foreign` returned it.
        unsafe { Pin::new_unchecked(Box::from_raw(ptr.cast())) }
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> Pin<&'a T> {
        // SAFETY: the caller says that the value is there for as long as 'a; it is pinned.
        unsafe { Pin::new_unchecked(&*ptr.cast()) }
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> Pin<&'a mut T> {
        // SAFETY: as above, and it is nobody else's.
        unsafe { Pin::new_unchecked(&mut *ptr.cast()) }
    }
}
