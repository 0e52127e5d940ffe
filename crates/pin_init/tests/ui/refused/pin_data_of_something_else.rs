// SPDX-License-Identifier: GPL-2.0

//! #[pin_data] is given what it does not know.
//! error: expected `PinnedDrop` or nothing, found `Drop`

extern crate pin_init as kernel;

use pin_init::pin_data;

#[pin_data(Drop)]
struct Own {
    first: u32,
}

fn main() {}
