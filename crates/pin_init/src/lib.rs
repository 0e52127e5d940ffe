// SPDX-License-Identifier: GPL-2.0

//! Initialisation in place of values that must not move.
//!
//! Many kernel objects (locks, lists, wait queues) hold pointers to themselves and so must stay
//! where they were made. A Rust value is moved whenever it is returned, so such an object is not
//! returned: what is returned is an *initialiser* ([`PinInit`], or [`Init`] where the value may
//! move afterwards), which writes the value into memory that the caller has.
//!
//! The traits and the macros have the names and the contracts of those in Rust for Linux.

#![no_std]

#[doc(hidden)]
pub mod __internal;
mod array;
mod init;
mod pinned_drop;
mod stack;
mod zeroable;

pub use array::{init_array_from_fn, pin_init_array_from_fn};
pub use init::{init_from_closure, pin_init_from_closure, pin_init_scope, Init, PinInit};
pub use macros::{init, pin_data, pin_init, pinned_drop, try_init, try_pin_init, Zeroable};
pub use pinned_drop::PinnedDrop;
pub use zeroable::{init_zeroed, zeroed, Zeroable, ZeroableOption};

// The macros name `::kernel::pin_init`. Where there is no kernel crate (this crate's own tests), this
// crate stands in for it.
#[doc(hidden)]
pub mod pin_init {
    pub use crate::*;
}
