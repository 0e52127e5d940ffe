// SPDX-License-Identifier: GPL-2.0

//! #[pin_data] is on an enum.
//! error: `#[pin_data]` is for structs

extern crate pin_init as kernel;

use pin_init::pin_data;

#[pin_data]
enum Either {
    First,
}

fn main() {}
