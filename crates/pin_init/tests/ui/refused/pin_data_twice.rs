// SPDX-License-Identifier: GPL-2.0

//! #[pin_data] is there twice.
//! error: E0119
//! error: HasPinData

extern crate pin_init as kernel;

use pin_init::pin_data;

#[pin_data]
#[pin_data]
struct Own {
    first: u32,
}

fn main() {}
