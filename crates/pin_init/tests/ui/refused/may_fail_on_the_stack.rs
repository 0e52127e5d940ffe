// SPDX-License-Identifier: GPL-2.0

//! An initialiser that may fail is taken for one that cannot.
//! error: E0308
//! error: expected `Infallible`

extern crate pin_init as kernel;

use pin_init::{pin_data, stack_pin_init, try_pin_init};

#[pin_data]
struct One {
    first: u32,
}

fn make() {
    stack_pin_init!(let one = try_pin_init!(One { first: "1".parse()? }? std::num::ParseIntError));
    let _ = one;
}

fn main() {}
