// SPDX-License-Identifier: GPL-2.0

//! Borrowed counted references.

use super::{Arc, ArcInner};
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

/// A borrowed [`Arc`], of which a counted one can be made.
///
/// # Invariants
///
/// There is a counted reference for as long as `'a`.
pub struct ArcBorrow<'a, T: ?Sized>(
    pub(super) NonNull<ArcInner<T>>,
    pub(super) PhantomData<&'a ()>,
);

impl<T> ArcBorrow<'_, T> {
    /// Borrows what an [`Arc`] keeps.
    ///
    /// # Safety
    ///
    /// The pointer must be to the value of an [`Arc`], of which there is a reference for as long as
    /// the result lives.
    #[must_use]
    pub unsafe fn from_raw(ptr: *const T) -> Self {
        // INVARIANT: the caller says so.
        // SAFETY: the pointer is to a valid value.
        Self(unsafe { ArcInner::of_value(ptr) }, PhantomData)
    }
}

impl<T: ?Sized> Clone for ArcBorrow<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for ArcBorrow<'_, T> {}

impl<T: ?Sized> Deref for ArcBorrow<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: by the invariant the value is valid.
        unsafe { &(*self.0.as_ptr()).data }
    }
}

impl<T: ?Sized> From<ArcBorrow<'_, T>> for Arc<T> {
    fn from(borrow: ArcBorrow<'_, T>) -> Self {
        // The one that is borrowed is not ours to drop.
        let borrowed = ManuallyDrop::new(Self(borrow.0, PhantomData));
        Self::clone(&borrowed)
    }
}
