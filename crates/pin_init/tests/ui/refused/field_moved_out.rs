// SPDX-License-Identifier: GPL-2.0

//! What a field was made of is used for the next as if it were a value.
//! error: E0308
//! error: expected `u32`

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
        second: {
            let moved: u32 = first;
            let _ = moved;
            PhantomPinned
        }
    })
}

fn main() {}
