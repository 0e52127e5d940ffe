// SPDX-License-Identifier: GPL-2.0

//! PhantomPinned without #[pin] would not pin anything.
//! error: `second` pins nothing: a field of type `PhantomPinned` needs `#[pin]`

extern crate pin_init as kernel;

use pin_init::pin_data;
use std::marker::PhantomPinned;

#[pin_data]
struct Loose {
    first: u32,
    second: PhantomPinned,
}

fn main() {}
