// SPDX-License-Identifier: GPL-2.0

//! Memory.
//!
//! [`KBox`] and [`KVec`] say with each allocation how the
//! kernel may get the memory ([`Flags`]) and return an error where there is none. They are what a
//! module should use.
//!
//! The types of Rust's own `alloc` crate (`String`, `Vec`, `Box`) work too: they take their memory
//! from `krealloc` with `GFP_KERNEL`, so they may sleep and must not grow in atomic context (under
//! a spin lock, in an interrupt). Where no memory is left, they have no way to say so and end the
//! thread with a message.
//!
//! ```
//! use kernel::prelude::*;
//!
//! let mut numbers = KVec::new();
//! numbers.push(72, GFP_KERNEL)?;
//! let boxed = KBox::new(numbers, GFP_KERNEL)?;
//! # Ok::<(), Error>(())
//! ```

pub mod allocator;
mod errors;
// The crate's tests on the host have the allocator of `std`.
#[cfg(not(rkmbuild_host))]
mod global;
mod in_place;
pub mod kbox;
pub mod kvec;

pub use allocator::{Allocator, KVmalloc, Kmalloc, Vmalloc};
pub use errors::{InsertError, PushError, RemoveError};
pub use in_place::{InPlaceInit, InPlaceWrite};
pub use kbox::{Box, KBox, KVBox, VBox};
pub use kvec::{DrainAll, IntoIter, KVVec, KVec, VVec, Vec};

/// There was no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError;

impl core::fmt::Display for AllocError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("out of memory")
    }
}

impl From<core::convert::Infallible> for AllocError {
    fn from(never: core::convert::Infallible) -> Self {
        match never {}
    }
}

/// How the kernel may get memory: C's `gfp_t`. They can be combined with `|`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Returns them as C has them.
    #[must_use]
    pub const fn as_raw(self) -> u32 {
        self.0
    }

    /// Tells whether all of `flags` are there.
    #[must_use]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl core::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl core::ops::BitAnd for Flags {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl core::ops::Not for Flags {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// The flags, with the names they have in C (`include/linux/gfp_types.h`).
pub mod flags {
    use super::Flags;

    /// Fill the memory with zeroes.
    pub const __GFP_ZERO: Flags = Flags(bindings::__GFP_ZERO);
    /// Take memory that the kernel does not map permanently.
    pub const __GFP_HIGHMEM: Flags = Flags(bindings::__GFP_HIGHMEM);
    /// Say nothing where there is no memory.
    pub const __GFP_NOWARN: Flags = Flags(bindings::__GFP_NOWARN);
    /// Do not sleep, and take from the reserves: in an interrupt, under a spin lock.
    pub const GFP_ATOMIC: Flags = Flags(bindings::GFP_ATOMIC);
    /// The usual one: may sleep, may write back and swap to get memory.
    pub const GFP_KERNEL: Flags = Flags(bindings::GFP_KERNEL);
    /// As `GFP_KERNEL`, and charge the memory to the control group of the process.
    pub const GFP_KERNEL_ACCOUNT: Flags = Flags(bindings::GFP_KERNEL_ACCOUNT);
    /// Do not sleep, and leave the reserves alone.
    pub const GFP_NOWAIT: Flags = Flags(bindings::GFP_NOWAIT);
}
