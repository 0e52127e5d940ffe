// SPDX-License-Identifier: GPL-2.0

//! What is left out is of anything but zeroes.
//! error: expected `..Zeroable::init_zeroed()`

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
        ..Default::default()
    })
}

fn main() {}
