// SPDX-License-Identifier: GPL-2.0

//! #[pin_data(PinnedDrop)] promises a PinnedDrop.
//! error: E0277
//! error: `Own: PinnedDrop` is not satisfied

extern crate pin_init as kernel;

use pin_init::pin_data;
use std::marker::PhantomPinned;

#[pin_data(PinnedDrop)]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

fn main() {}
