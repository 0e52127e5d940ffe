// SPDX-License-Identifier: GPL-2.0

//! What is left out is said to be zeroes, and not all of it is.
//! error: E0277
//! error: `Two: Zeroable` is not satisfied

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, PinInit};
use std::marker::PhantomPinned;

#[pin_data]
struct Two {
    first: u32,
    #[pin]
    second: PhantomPinned,
}

fn make() -> impl PinInit<Two> {
    pin_init!(Two {
        first: 1,
        ..pin_init::init_zeroed()
    })
}

fn main() {}
