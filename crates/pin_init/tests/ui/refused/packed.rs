// SPDX-License-Identifier: GPL-2.0

//! A field of a packed struct has no place that a reference can be to.
//! error: E0793
//! error: reference to

extern crate pin_init as kernel;

use pin_init::{init, Init};

#[repr(C, packed)]
struct Packed {
    first: u8,
    second: u32,
}

fn make() -> impl Init<Packed> {
    init!(Packed {
        first: 1,
        second: 2
    })
}

fn main() {}
