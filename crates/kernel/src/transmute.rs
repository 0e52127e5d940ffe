// SPDX-License-Identifier: GPL-2.0

//! Types that are no more than their bytes.

use core::mem::size_of_val;

/// A type for which any bytes are a value.
///
/// # Safety
///
/// They must be, and the type must have no interior mutability.
pub unsafe trait FromBytes {}

/// A type all of whose bytes are initialised: it has no padding.
///
/// # Safety
///
/// They must be, and the type must have no interior mutability.
pub unsafe trait AsBytes {
    /// Returns the bytes.
    fn as_bytes(&self) -> &[u8] {
        // SAFETY: all bytes of the value are initialised.
        unsafe { core::slice::from_raw_parts(core::ptr::from_ref(self).cast(), size_of_val(self)) }
    }
}

macro_rules! bytes {
    ($($type:ty)*) => {
        $(
            // SAFETY: a number may have any bytes.
            unsafe impl FromBytes for $type {}
            // SAFETY: a number has no padding.
            unsafe impl AsBytes for $type {}
        )*
    };
}

bytes! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

// SAFETY: each item may have any bytes.
unsafe impl<T: FromBytes> FromBytes for [T] {}
// SAFETY: each item may have any bytes.
unsafe impl<T: FromBytes, const N: usize> FromBytes for [T; N] {}
// SAFETY: there is no padding between items.
unsafe impl<T: AsBytes> AsBytes for [T] {}
// SAFETY: there is no padding between items.
unsafe impl<T: AsBytes, const N: usize> AsBytes for [T; N] {}
// SAFETY: a truth value is one byte.
unsafe impl AsBytes for bool {}
// SAFETY: a character is four bytes.
unsafe impl AsBytes for char {}
// SAFETY: text is bytes.
unsafe impl AsBytes for str {}
