// SPDX-License-Identifier: GPL-2.0

//! What may fail is made by a macro for what cannot.
//! error: E0277
//! error: `?` couldn't convert the error to `Infallible`

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, PinInit};

#[pin_data]
struct One {
    first: u32,
}

fn make(text: &str) -> impl PinInit<One> + '_ {
    pin_init!(One {
        first: text.parse()?
    })
}

fn main() {}
