// SPDX-License-Identifier: GPL-2.0

//! A struct has other generics than are given.
//! error: E0107
//! error: struct takes 1 generic argument but 2 generic arguments were supplied

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, PinInit};

#[pin_data]
struct One<T> {
    first: T,
}

fn make() -> impl PinInit<One<u32>> {
    pin_init!(One::<u32, u64> { first: 1 })
}

fn main() {}
