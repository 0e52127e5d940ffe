// SPDX-License-Identifier: GPL-2.0

//! An initialiser returns before all fields are made.
//! error: E0308
//! error: __InitOk

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
        first: {
            if true {
                return Ok(());
            }
            1
        },
        second: PhantomPinned
    })
}

fn main() {}
