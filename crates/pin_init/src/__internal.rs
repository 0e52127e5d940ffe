// SPDX-License-Identifier: GPL-2.0

//! What the macros' code needs. Nothing here is for other code.

pub use crate::stack::StackInit;

use core::marker::PhantomData;

/// A struct that `#[pin_data]` describes.
///
/// # Safety
///
/// Only `#[pin_data]` implements this.
pub unsafe trait HasPinData {
    /// Its description.
    type PinData: PinData;

    /// Returns the description.
    ///
    /// # Safety
    ///
    /// Only the macros call this.
    unsafe fn __pin_data() -> Self::PinData;
}

/// A description: a method for each field, which demands the trait that the field needs.
///
/// # Safety
///
/// Only `#[pin_data]` implements this.
pub unsafe trait PinData: Copy {
    /// The struct.
    type Datee: ?Sized + HasPinData;

    /// Says what the closure's argument is.
    fn make_closure<F, O, E>(self, f: F) -> F
    where
        F: FnOnce(*mut Self::Datee) -> Result<O, E>,
    {
        f
    }
}

/// As [`HasPinData`], for what is not pinned: every type.
///
/// # Safety
///
/// Nothing else implements this.
pub unsafe trait HasInitData {
    /// Its description.
    type InitData: InitData;

    /// Returns the description.
    ///
    /// # Safety
    ///
    /// Only the macros call this.
    unsafe fn __init_data() -> Self::InitData;
}

/// As [`PinData`].
///
/// # Safety
///
/// Nothing else implements this.
pub unsafe trait InitData: Copy {
    /// The type.
    type Datee: ?Sized + HasInitData;

    /// Says what the closure's argument is.
    fn make_closure<F, O, E>(self, f: F) -> F
    where
        F: FnOnce(*mut Self::Datee) -> Result<O, E>,
    {
        f
    }
}

/// The description of any type.
pub struct AllData<T: ?Sized>(PhantomData<fn(*const T)>);

impl<T: ?Sized> Clone for AllData<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for AllData<T> {}

// SAFETY: this is the description.
unsafe impl<T: ?Sized> InitData for AllData<T> {
    type Datee = T;
}

// SAFETY: this is every type.
unsafe impl<T: ?Sized> HasInitData for T {
    type InitData = AllData<T>;

    unsafe fn __init_data() -> Self::InitData {
        AllData(PhantomData)
    }
}

/// Drops a field when the initialisation of a later one fails.
pub struct DropGuard<T: ?Sized>(*mut T);

impl<T: ?Sized> DropGuard<T> {
    /// Makes a guard.
    ///
    /// # Safety
    ///
    /// `field` must be initialised, and nobody else may drop it unless the guard is forgotten.
    #[inline]
    pub unsafe fn new(field: *mut T) -> Self {
        Self(field)
    }

    /// Returns the field, for no longer than the guard is there.
    #[inline]
    pub fn field(&mut self) -> &mut T {
        // SAFETY: whoever made the guard promised that it is initialised and nobody else's.
        unsafe { &mut *self.0 }
    }
}

impl<T: ?Sized> Drop for DropGuard<T> {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: whoever made the guard promised it.
        unsafe { core::ptr::drop_in_place(self.0) }
    }
}

/// A token that only the generated `Drop` makes, so that nobody else can call `PinnedDrop::drop`.
pub struct OnlyCallFromDrop(());

impl OnlyCallFromDrop {
    /// Makes the token.
    ///
    /// # Safety
    ///
    /// Only for the call of `PinnedDrop::drop` in the same type's `Drop::drop`.
    #[must_use]
    pub unsafe fn new() -> Self {
        Self(())
    }
}
