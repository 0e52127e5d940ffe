// SPDX-License-Identifier: GPL-2.0

//! A Drop could move what is pinned.
//! error: E0119
//! error: MustNotImplDrop

extern crate pin_init as kernel;

use pin_init::pin_data;
use std::marker::PhantomPinned;

#[pin_data]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

impl Drop for Own {
    fn drop(&mut self) {}
}

fn main() {}
