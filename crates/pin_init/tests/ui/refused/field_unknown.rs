// SPDX-License-Identifier: GPL-2.0

//! A field is made that there is none of.
//! error: E0560
//! error: struct `Two` has no field named `third`

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
        second: PhantomPinned,
        third: 1
    })
}

fn main() {}
