// SPDX-License-Identifier: GPL-2.0

//! Counted references to Rust values.

mod borrow;
mod unique;

pub use borrow::ArcBorrow;
pub use unique::UniqueArc;

use crate::alloc::{AllocError, Flags, InPlaceInit, KBox};
use crate::ffi::c_void;
use crate::types::{ForeignOwnable, Opaque};
use core::fmt;
use core::marker::{PhantomData, Unsize};
use core::mem::{align_of, ManuallyDrop};
use core::ops::{CoerceUnsized, Deref, DispatchFromDyn};
use core::pin::Pin;
use core::ptr::NonNull;
use pin_init::{Init, PinInit};

#[repr(C)]
struct ArcInner<T: ?Sized> {
    refcount: Opaque<bindings::refcount_t>,
    data: T,
}

impl<T> ArcInner<T> {
    /// Finds the whole of a pointer to the value.
    ///
    /// # Safety
    ///
    /// The pointer must be to the value in one.
    unsafe fn of_value(ptr: *const T) -> NonNull<Self> {
        let offset = core::mem::offset_of!(Self, data);
        // SAFETY: the value lies so far into it, which is at no null pointer.
        unsafe { NonNull::new_unchecked(ptr.byte_sub(offset).cast_mut().cast()) }
    }
}

/// A counted reference to a value on the heap, which counts as the kernel's `refcount_t`: a counter
/// that would overflow stays where it is, so the value is leaked and never freed too early.
///
/// The value is pinned: it does not move as long as there is a reference.
///
/// # Invariants
///
/// The pointer is to a valid value; one of those that its counter counts is this.
pub struct Arc<T: ?Sized>(NonNull<ArcInner<T>>, PhantomData<ArcInner<T>>);

// SAFETY: it gives shared references, and the last one drops the value on whatever thread.
unsafe impl<T: ?Sized + Sync + Send> Send for Arc<T> {}
// SAFETY: as above: a shared one can be cloned.
unsafe impl<T: ?Sized + Sync + Send> Sync for Arc<T> {}

impl<T: ?Sized + Unsize<U>, U: ?Sized> CoerceUnsized<Arc<U>> for Arc<T> {}
impl<T: ?Sized + Unsize<U>, U: ?Sized> DispatchFromDyn<Arc<U>> for Arc<T> {}

impl<T> Arc<T> {
    /// Puts a value on the heap, with one reference to it.
    ///
    /// # Errors
    ///
    /// [`AllocError`]: there is no memory.
    pub fn new(value: T, flags: Flags) -> Result<Self, AllocError> {
        Ok(UniqueArc::new(value, flags)?.into())
    }

    /// Gives the reference up, counted as it is, as a pointer to the value.
    #[must_use]
    pub fn into_raw(self) -> *const T {
        Self::as_ptr(&ManuallyDrop::new(self))
    }

    /// Takes over a reference that [`into_raw`](Self::into_raw) gave up.
    ///
    /// # Safety
    ///
    /// The pointer must be from there, and taken over once.
    #[must_use]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // INVARIANT: the caller says so.
        // SAFETY: the pointer is to a valid value.
        Self(unsafe { ArcInner::of_value(ptr) }, PhantomData)
    }

    /// Returns a pointer to the value, which is valid for as long as there is a reference.
    #[must_use]
    pub fn as_ptr(this: &Self) -> *const T {
        // Of the whole, which `from_raw` finds again: a reference would be to the value alone.
        // SAFETY: the value is valid.
        unsafe { core::ptr::addr_of!((*this.0.as_ptr()).data) }
    }
}

impl<T: ?Sized> Arc<T> {
    fn inner(&self) -> &ArcInner<T> {
        // SAFETY: by the invariant it is valid.
        unsafe { self.0.as_ref() }
    }

    /// Borrows the value so that the borrower can make references of its own.
    #[must_use]
    pub fn as_arc_borrow(&self) -> ArcBorrow<'_, T> {
        ArcBorrow(self.0, PhantomData)
    }

    /// Tells whether two references are to the same value.
    #[must_use]
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        core::ptr::addr_eq(this.0.as_ptr(), other.0.as_ptr())
    }

    /// Takes the value for its own, if this is the only reference.
    #[must_use]
    pub fn into_unique_or_drop(this: Self) -> Option<Pin<UniqueArc<T>>> {
        let this = ManuallyDrop::new(this);
        // SAFETY: the counter is valid, and one that it counts is this, which ends here.
        let last =
            unsafe { bindings::rust_helper_refcount_dec_and_test(this.inner().refcount.get()) };
        if !last {
            return None;
        }
        // SAFETY: nobody else has the value: this is the one reference again.
        unsafe { bindings::rust_helper_refcount_set(this.inner().refcount.get(), 1) };
        let unique = UniqueArc(Self(this.0, PhantomData));
        // SAFETY: what was in an `Arc` is pinned.
        Some(unsafe { Pin::new_unchecked(unique) })
    }
}

impl<T> InPlaceInit<T> for Arc<T> {
    type PinnedSelf = Self;

    fn try_pin_init<E>(init: impl PinInit<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::try_pin_init(init, flags).map(Into::into)
    }

    fn try_init<E>(init: impl Init<T, E>, flags: Flags) -> Result<Self, E>
    where
        E: From<AllocError>,
    {
        UniqueArc::try_init(init, flags).map(Into::into)
    }
}

impl<T: ?Sized> Deref for Arc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner().data
    }
}

impl<T: ?Sized> AsRef<T> for Arc<T> {
    fn as_ref(&self) -> &T {
        self
    }
}

impl<T: ?Sized> Clone for Arc<T> {
    fn clone(&self) -> Self {
        // SAFETY: the counter is valid, and counts this one.
        unsafe { bindings::rust_helper_refcount_inc(self.inner().refcount.get()) };
        // INVARIANT: one more was just counted.
        Self(self.0, PhantomData)
    }
}

impl<T: ?Sized> Drop for Arc<T> {
    fn drop(&mut self) {
        // SAFETY: the counter is valid, and counts this one, which ends here.
        let last =
            unsafe { bindings::rust_helper_refcount_dec_and_test(self.inner().refcount.get()) };
        if last {
            // SAFETY: it was allocated as a box, and nobody else has it.
            drop(unsafe { KBox::from_raw(self.0.as_ptr()) });
        }
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for Arc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

// SAFETY: the pointer is that of a valid value, never null, aligned as the whole is.
unsafe impl<T: 'static> ForeignOwnable for Arc<T> {
    const FOREIGN_ALIGN: usize = align_of::<ArcInner<T>>();
    type Borrowed<'a> = ArcBorrow<'a, T>;
    type BorrowedMut<'a> = ArcBorrow<'a, T>;

    fn into_foreign(self) -> *mut c_void {
        ManuallyDrop::new(self).0.as_ptr().cast()
    }

    unsafe fn from_foreign(ptr: *mut c_void) -> Self {
        // INVARIANT: the reference that was given up is taken over.
        // SAFETY: the caller says that `into_foreign` returned it.
        Self(unsafe { NonNull::new_unchecked(ptr.cast()) }, PhantomData)
    }

    unsafe fn borrow<'a>(ptr: *mut c_void) -> ArcBorrow<'a, T> {
        // SAFETY: the caller says that the reference is there for as long as 'a.
        ArcBorrow(unsafe { NonNull::new_unchecked(ptr.cast()) }, PhantomData)
    }

    unsafe fn borrow_mut<'a>(ptr: *mut c_void) -> ArcBorrow<'a, T> {
        // SAFETY: the caller says that the reference is there for as long as 'a.
        unsafe { Self::borrow(ptr) }
    }
}
