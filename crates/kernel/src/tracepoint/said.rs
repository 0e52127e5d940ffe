// SPDX-License-Identifier: GPL-2.0

//! What a module says of a tracepoint's arguments, for the build, which looks what the kernel's own
//! headers say. rkmbuild/pipeline/tracepoints.py has what the letters mean.

use crate::ptrace::Registers;
use crate::task::Task;
use core::marker::PhantomData;
use core::ptr::NonNull;

/// Has the kind of a type as constants. What it has itself comes before what [`Unknown`] gives it.
pub struct Of<T: ?Sized>(PhantomData<T>);

/// Returns the size of a type in bytes: what goes into a letter, and more than any register holds.
#[must_use]
#[allow(clippy::cast_possible_truncation)] // it is small
pub const fn size_of<T>() -> u8 {
    let size = core::mem::size_of::<T>();
    if size > 16 {
        17
    } else {
        size as u8
    }
}

/// Of types that are none of those below.
pub trait Unknown {
    /// A letter for the kind of value.
    const KIND: u8 = b'?';
    /// A letter for what is pointed to.
    const POINTEE: u8 = b'-';
}

impl<T: ?Sized> Unknown for Of<T> {}

macro_rules! kinds {
    ($($kind:literal: $($type:ty),+;)+) => {
        $($(impl Of<$type> { #[doc(hidden)] pub const KIND: u8 = $kind; })+)+
    };
}

kinds! {
    b'b': bool;
    b's': i8, i16, i32, i64, isize;
    b'u': u8, u16, u32, u64;
    // A number, or a pointer.
    b'w': usize;
}

macro_rules! pointers {
    ($($pointer:ty),+) => {
        $(impl<T: ?Sized> Of<$pointer> { #[doc(hidden)] pub const KIND: u8 = b'p'; })+
    };
}

pointers!(
    *const T,
    *mut T,
    &T,
    &mut T,
    Option<&T>,
    Option<&mut T>,
    NonNull<T>,
    Option<NonNull<T>>
);

macro_rules! pointees {
    ($($pointee:literal: $($pointer:ty),+;)+) => {
        $($(impl Of<$pointer> { #[doc(hidden)] pub const POINTEE: u8 = $pointee; })+)+
    };
}

pointees! {
    b't': &Task, Option<&Task>, *mut bindings::task_struct, *const bindings::task_struct;
    b'r': &Registers, Option<&Registers>, *mut bindings::pt_regs, *const bindings::pt_regs;
}
