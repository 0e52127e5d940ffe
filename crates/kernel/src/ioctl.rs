// SPDX-License-Identifier: GPL-2.0

//! The numbers of ioctls: include/uapi/asm-generic/ioctl.h.

// The names are those of the C macros.
#![allow(non_snake_case, clippy::used_underscore_items)]

use core::mem::size_of;

const NRBITS: u32 = bindings::_IOC_NRBITS;
const TYPEBITS: u32 = bindings::_IOC_TYPEBITS;
const SIZEBITS: u32 = bindings::_IOC_SIZEBITS;
const NRSHIFT: u32 = 0;
const TYPESHIFT: u32 = NRSHIFT + NRBITS;
const SIZESHIFT: u32 = TYPESHIFT + TYPEBITS;
const DIRSHIFT: u32 = SIZESHIFT + SIZEBITS;

const NONE: u32 = bindings::_IOC_NONE;
const WRITE: u32 = bindings::_IOC_WRITE;
const READ: u32 = bindings::_IOC_READ;

const fn mask(bits: u32) -> u32 {
    (1 << bits) - 1
}

/// Makes a number of its parts; what does not fit is a compile error in a constant.
const fn _IOC(dir: u32, ty: u32, nr: u32, size: usize) -> u32 {
    assert!(ty <= mask(TYPEBITS), "the type of an ioctl is a byte");
    assert!(nr <= mask(NRBITS), "the number of an ioctl is a byte");
    assert!(size <= mask(SIZEBITS) as usize, "the argument is too large");
    // It was just compared.
    #[allow(clippy::cast_possible_truncation)]
    let size = size as u32;
    (dir << DIRSHIFT) | (ty << TYPESHIFT) | (nr << NRSHIFT) | (size << SIZESHIFT)
}

/// An ioctl without an argument.
#[must_use]
pub const fn _IO(ty: u32, nr: u32) -> u32 {
    _IOC(NONE, ty, nr, 0)
}

/// An ioctl that gives the process a `T`.
#[must_use]
pub const fn _IOR<T>(ty: u32, nr: u32) -> u32 {
    _IOC(READ, ty, nr, size_of::<T>())
}

/// An ioctl that takes a `T` from the process.
#[must_use]
pub const fn _IOW<T>(ty: u32, nr: u32) -> u32 {
    _IOC(WRITE, ty, nr, size_of::<T>())
}

/// An ioctl that takes a `T` and gives one back.
#[must_use]
pub const fn _IOWR<T>(ty: u32, nr: u32) -> u32 {
    _IOC(READ | WRITE, ty, nr, size_of::<T>())
}

/// Returns the direction in a number.
#[must_use]
pub const fn _IOC_DIR(nr: u32) -> u32 {
    nr >> DIRSHIFT
}

/// Returns the type in a number.
#[must_use]
pub const fn _IOC_TYPE(nr: u32) -> u32 {
    (nr >> TYPESHIFT) & mask(TYPEBITS)
}

/// Returns the ioctl's own number in a number.
#[must_use]
pub const fn _IOC_NR(nr: u32) -> u32 {
    (nr >> NRSHIFT) & mask(NRBITS)
}

/// Returns the size of the argument in a number.
#[must_use]
pub const fn _IOC_SIZE(nr: u32) -> usize {
    ((nr >> SIZESHIFT) & mask(SIZEBITS)) as usize
}
