// SPDX-License-Identifier: GPL-2.0

//! Types for which all zeroes are a value.

use crate::{init_from_closure, Init};
use core::cell::UnsafeCell;
use core::marker::{PhantomData, PhantomPinned};
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;

/// A type for which memory full of zeroes is a value.
///
/// # Safety
///
/// It must be.
pub unsafe trait Zeroable {
    /// Returns an initialiser that writes zeroes.
    // An initialiser is `must_use` itself.
    #[allow(clippy::must_use_candidate)]
    fn init_zeroed() -> impl Init<Self>
    where
        Self: Sized,
    {
        init_zeroed()
    }

    /// Returns the value that is all zeroes.
    #[must_use]
    fn zeroed() -> Self
    where
        Self: Sized,
    {
        zeroed()
    }
}

/// Returns an initialiser that writes zeroes.
pub fn init_zeroed<T: Zeroable>() -> impl Init<T> {
    // SAFETY: all zeroes are a valid `T`, and the slot is valid for writes.
    unsafe {
        init_from_closure(|slot: *mut T| {
            slot.write_bytes(0, 1);
            Ok(())
        })
    }
}

/// Returns the value that is all zeroes.
#[must_use]
pub const fn zeroed<T: Zeroable>() -> T {
    // SAFETY: all zeroes are a valid `T`.
    unsafe { core::mem::zeroed() }
}

/// A type that is never all zeroes, so that `Option` takes those for `None`.
///
/// # Safety
///
/// It must be.
pub unsafe trait ZeroableOption {}

// SAFETY: all zeroes are `None`.
unsafe impl<T: ZeroableOption> Zeroable for Option<T> {}
// SAFETY: it is never null.
unsafe impl<T> ZeroableOption for NonNull<T> {}
// SAFETY: a reference is never null.
unsafe impl<T> ZeroableOption for &T {}
// SAFETY: a reference is never null.
unsafe impl<T> ZeroableOption for &mut T {}

macro_rules! zeroable {
    ($({$($generics:tt)*} $type:ty,)*) => {
        $(
            // SAFETY: all zeroes are a value: zero, null, None, or nothing at all.
            unsafe impl $($generics)* Zeroable for $type {}
        )*
    };
}

zeroable! {
    {} bool, {} char, {} (),
    {} u8, {} u16, {} u32, {} u64, {} u128, {} usize,
    {} i8, {} i16, {} i32, {} i64, {} i128, {} isize,
    {<T: ?Sized>} PhantomData<T>, {} PhantomPinned,
    {<T>} *const T, {<T>} *mut T,
    {<T>} MaybeUninit<T>,
    {<T: ?Sized + Zeroable>} UnsafeCell<T>, {<T: ?Sized + Zeroable>} ManuallyDrop<T>,
    {<const N: usize, T: Zeroable>} [T; N],
}

macro_rules! zeroable_tuples {
    ($($($name:ident)+;)*) => {
        $(
            // SAFETY: each part may be all zeroes.
            unsafe impl<$($name: Zeroable),+> Zeroable for ($($name,)+) {}
        )*
    };
}

zeroable_tuples! {
    A; A B; A B C; A B C D; A B C D E; A B C D E F; A B C D E F G; A B C D E F G H;
}
