// SPDX-License-Identifier: GPL-2.0

//! Initialisation in place, with the kernel's allocators and errors. See the crate
//! [`pin_init`](mod@pin_init).

pub use crate::alloc::{InPlaceInit, InPlaceWrite};
pub use macros::{init, pin_init, try_init, try_pin_init};
pub use pin_init::{
    init_from_closure, init_zeroed, pin_init_from_closure, pin_init_scope, Init, PinInit, Zeroable,
};
