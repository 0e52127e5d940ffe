// SPDX-License-Identifier: GPL-2.0

//! What a kfunc takes.

use super::{Facts, Memory, Object, Structure};
use crate::ffi::c_void;
use crate::sync::Arc;
use crate::types::{ARef, AlwaysRefCounted};
use core::ptr::NonNull;

/// One call of a kfunc: what it was given is there for as long.
pub struct Call;

/// A type that a kfunc may take, as C has it.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot take `{Self}`",
    note = "it takes integers, `bool`, `Memory<'_>`, `&T` of a `Structure`, and `Arc` or `ARef` of one"
)]
pub trait Kind {
    /// What lies in the registers.
    type Raw;
    /// What is to know of it.
    const FACTS: Facts;
}

/// A type that a kfunc may take, for as long as one call.
///
/// # Safety
///
/// What `FACTS` say is enough for `from_raw`.
pub unsafe trait Argument<'a>: Kind + Sized {
    /// Takes what is in the registers.
    ///
    /// # Safety
    ///
    /// It must be what the verifier lets a program give for a type of such [`Facts`].
    unsafe fn from_raw(raw: Self::Raw, call: &'a Call) -> Self;
}

macro_rules! integers {
    ($($type:ty as $raw:ty: $name:literal, $raw_value:ident => $value:expr;)*) => {$(
        impl Kind for $type {
            type Raw = $raw;
            const FACTS: Facts = Facts::plain($name);
        }

        // SAFETY: every value of the register is one of these.
        unsafe impl<'a> Argument<'a> for $type {
            #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // the rest is not ours
            #[inline]
            unsafe fn from_raw($raw_value: $raw, _: &'a Call) -> Self {
                $value
            }
        }
    )*};
}

// A program calls with whole registers, and what lies beyond a narrow type in them is whatever the
// program left there; rustc takes it for granted that a caller has extended what it gives.
integers! {
    bool as u64: "bool", raw => raw as u8 != 0;
    u8 as u64: "u8", raw => raw as u8;
    u16 as u64: "u16", raw => raw as u16;
    u32 as u64: "u32", raw => raw as u32;
    u64 as u64: "u64", raw => raw;
    usize as u64: "u64", raw => raw as usize;
    i8 as u64: "i8", raw => raw as i8;
    i16 as u64: "i16", raw => raw as i16;
    i32 as u64: "i32", raw => raw as i32;
    i64 as u64: "i64", raw => raw as i64;
    isize as u64: "i64", raw => raw as isize;
}

/// A pointer and a size, in one register each.
#[repr(C)]
pub struct Pair {
    pointer: *mut u8,
    size: u64,
}

impl Pair {
    /// Returns the pointer, which is none where there is no byte, and how many bytes there are.
    #[allow(clippy::cast_possible_truncation)] // the size is an `u32`
    fn parts(&self) -> (NonNull<u8>, usize) {
        let size = self.size as u32 as usize;
        let pointer = if size == 0 {
            None
        } else {
            NonNull::new(self.pointer)
        };
        pointer.map_or((NonNull::dangling(), 0), |pointer| (pointer, size))
    }
}

macro_rules! sized {
    ($($type:ty as $elided:ty: $name:literal, $unsafe:literal, ($start:ident, $size:ident) => $value:expr;)*) => {$(
        impl Kind for $elided {
            type Raw = Pair;
            const FACTS: Facts = Facts {
                has_size: true,
                needs_unsafe: $unsafe,
                ..Facts::plain($name)
            };
        }

        // SAFETY: the verifier knows that there is so much memory; for slices, the function demands
        // the rest.
        unsafe impl<'a> Argument<'a> for $type {
            #[inline]
            unsafe fn from_raw(raw: Pair, _: &'a Call) -> Self {
                let ($start, $size) = raw.parts();
                // SAFETY: as above.
                unsafe { $value }
            }
        }
    )*};
}

sized! {
    Memory<'a> as Memory<'_>: "*mut u8", false, (start, size) => Memory::new(start, size);
    &'a [u8] as &[u8]: "*const u8", true, (start, size) => core::slice::from_raw_parts(start.as_ptr(), size);
    &'a mut [u8] as &mut [u8]: "*mut u8", true, (start, size) => core::slice::from_raw_parts_mut(start.as_ptr(), size);
}

impl<T: Structure> Kind for &T {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        trusted: true,
        ..Facts::plain(T::POINTER)
    };
}

// SAFETY: a trusted pointer is one to such a structure, which is there during the call.
unsafe impl<'a, T: Structure> Argument<'a> for &'a T {
    unsafe fn from_raw(raw: *const c_void, _: &'a Call) -> Self {
        // SAFETY: as above.
        unsafe { &*raw.cast() }
    }
}

impl<T: Object> Kind for Arc<T> {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        owned: true,
        ..Facts::plain(T::POINTER)
    };
}

// SAFETY: what is released was acquired, and is released once.
unsafe impl<'a, T: Object> Argument<'a> for Arc<T> {
    unsafe fn from_raw(raw: *const c_void, _: &'a Call) -> Self {
        // SAFETY: programs acquire such a pointer from `Arc::into_raw` alone.
        unsafe { Arc::from_raw(raw.cast()) }
    }
}

impl<T: Structure + AlwaysRefCounted> Kind for ARef<T> {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        owned: true,
        ..Facts::plain(T::POINTER)
    };
}

// SAFETY: what is released was acquired, and is released once.
unsafe impl<'a, T: Structure + AlwaysRefCounted> Argument<'a> for ARef<T> {
    unsafe fn from_raw(raw: *const c_void, _: &'a Call) -> Self {
        // SAFETY: the verifier gives no null, and the reference is counted.
        unsafe { ARef::from_raw(NonNull::new_unchecked(raw.cast_mut().cast())) }
    }
}

macro_rules! pointers {
    ($($type:ident: $constant:literal, $mutable:literal;)*) => {$(
        impl Kind for *const $type {
            type Raw = Self;
            const FACTS: Facts = Facts { needs_unsafe: true, ..Facts::plain($constant) };
        }

        impl Kind for *mut $type {
            type Raw = Self;
            const FACTS: Facts = Facts { needs_unsafe: true, ..Facts::plain($mutable) };
        }

        // SAFETY: it is a pointer, whatever it is to.
        unsafe impl<'a> Argument<'a> for *const $type {
            unsafe fn from_raw(raw: Self, _: &'a Call) -> Self {
                raw
            }
        }

        // SAFETY: it is a pointer, whatever it is to.
        unsafe impl<'a> Argument<'a> for *mut $type {
            unsafe fn from_raw(raw: Self, _: &'a Call) -> Self {
                raw
            }
        }
    )*};
}

// One value, which need not be aligned.
pointers! {
    u8: "*const u8", "*mut u8";
    u16: "*const u16", "*mut u16";
    u32: "*const u32", "*mut u32";
    u64: "*const u64", "*mut u64";
    i8: "*const i8", "*mut i8";
    i16: "*const i16", "*mut i16";
    i32: "*const i32", "*mut i32";
    i64: "*const i64", "*mut i64";
}
