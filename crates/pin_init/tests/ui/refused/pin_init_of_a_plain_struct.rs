// SPDX-License-Identifier: GPL-2.0

//! A struct without #[pin_data] is made by pin_init!.
//! error: E0599
//! error: named `__pin_data` found for struct `Plain`

extern crate pin_init as kernel;

use pin_init::{pin_init, PinInit};

struct Plain {
    first: u32,
}

fn make() -> impl PinInit<Plain> {
    pin_init!(Plain { first: 1 })
}

fn main() {}
