// SPDX-License-Identifier: GPL-2.0

//! A field is left out.
//! error: E0063
//! error: missing field `second`

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
    pin_init!(Two { first: 1 })
}

fn main() {}
