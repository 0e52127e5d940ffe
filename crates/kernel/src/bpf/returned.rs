// SPDX-License-Identifier: GPL-2.0

//! What a kfunc gives back.

use super::{Facts, Object, Structure};
use crate::error::Result;
use crate::ffi::c_void;
use crate::sync::Arc;
use crate::types::{ARef, AlwaysRefCounted};
use core::ptr::{null, NonNull};

/// A type that a kfunc may give back.
///
/// # Safety
///
/// What `into_raw` returns is what [`Facts`] say.
#[diagnostic::on_unimplemented(
    message = "a kfunc cannot give back `{Self}`",
    note = "it gives back nothing, an integer, `bool`, a `Result` of nothing or of an unsigned \
            integer of at most 32 bits, or an `Arc` or `ARef`, perhaps as an `Option`"
)]
pub unsafe trait Returned {
    /// What lies in the register.
    type Raw;
    /// What is to know of it.
    const FACTS: Facts;

    /// Makes what is put into the register: all of it.
    fn into_raw(self) -> Self::Raw;
}

macro_rules! values {
    ($($type:ty: $name:literal, $value:ident => $raw:expr;)*) => {$(
        // SAFETY: it is the value, extended to the whole register.
        unsafe impl Returned for $type {
            type Raw = i64;
            const FACTS: Facts = Facts::plain($name);

            #[allow(clippy::cast_possible_wrap, clippy::cast_lossless)] // a register has no sign
            #[inline]
            fn into_raw(self) -> i64 {
                let $value = self;
                $raw
            }
        }
    )*};
}

values! {
    bool: "bool", value => value as i64;
    u8: "u8", value => value as i64;
    u16: "u16", value => value as i64;
    u32: "u32", value => value as i64;
    u64: "u64", value => value as i64;
    usize: "u64", value => value as i64;
    i8: "i8", value => value as i64;
    i16: "i16", value => value as i64;
    i32: "i32", value => value as i64;
    i64: "i64", value => value;
    isize: "i64", value => value as i64;
    Result: "i32", value => value.map_or_else(|error| error.to_errno() as i64, |()| 0);
    Result<bool>: "i64", value => value.map_or_else(|error| error.to_errno() as i64, |v| v as i64);
    Result<u8>: "i64", value => value.map_or_else(|error| error.to_errno() as i64, |v| v as i64);
    Result<u16>: "i64", value => value.map_or_else(|error| error.to_errno() as i64, |v| v as i64);
    Result<u32>: "i64", value => value.map_or_else(|error| error.to_errno() as i64, |v| v as i64);
}

// SAFETY: there is nothing.
unsafe impl Returned for () {
    type Raw = ();
    const FACTS: Facts = Facts::plain("void");

    fn into_raw(self) {}
}

// SAFETY: it is a pointer to such a structure, and counted.
unsafe impl<T: Object> Returned for Arc<T> {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        owned: true,
        ..Facts::plain(T::POINTER)
    };

    fn into_raw(self) -> *const c_void {
        Arc::into_raw(self).cast()
    }
}

// SAFETY: it is a pointer to such a structure, and counted.
unsafe impl<T: Structure + AlwaysRefCounted> Returned for ARef<T> {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        owned: true,
        ..Facts::plain(T::POINTER)
    };

    fn into_raw(self) -> *const c_void {
        NonNull::as_ptr(ARef::into_raw(self)).cast_const().cast()
    }
}

// SAFETY: it is what `T` gives, or null.
unsafe impl<T: Returned<Raw = *const c_void>> Returned for Option<T> {
    type Raw = *const c_void;
    const FACTS: Facts = Facts {
        nullable: true,
        ..T::FACTS
    };

    fn into_raw(self) -> *const c_void {
        self.map_or(null(), T::into_raw)
    }
}
