// SPDX-License-Identifier: GPL-2.0

//! An error is of a type that the initialiser's cannot be made of.
//! error: E0277
//! error: `?` couldn't convert the error to `u8`

extern crate pin_init as kernel;

use pin_init::{pin_data, try_pin_init, PinInit};

struct Failure;

#[pin_data]
struct One {
    first: u32,
}

fn fails() -> Result<u32, Failure> {
    Err(Failure)
}

fn make() -> impl PinInit<One, u8> {
    try_pin_init!(One { first: fails()? }? u8)
}

fn main() {}
