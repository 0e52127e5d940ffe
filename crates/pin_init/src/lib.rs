// SPDX-License-Identifier: GPL-2.0

//! Initialisation in place of values that must not move.
//!
//! Many kernel objects (locks, lists, wait queues) hold pointers to themselves and so must stay
//! where they were made. A Rust value is moved whenever it is returned, so such an object is not
//! returned: what is returned is an *initialiser* ([`PinInit`], or [`Init`] where the value may
//! move afterwards), which writes the value into memory that the caller has.
//!
//! The traits have the names and the contracts of those in Rust for Linux.

#![no_std]

mod init;

pub use init::{init_from_closure, pin_init_from_closure, Init, PinInit};
