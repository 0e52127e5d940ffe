// SPDX-License-Identifier: GPL-2.0

//! PinnedDrop without its macro.
//! error: E0200
//! error: the trait `PinnedDrop` requires an `unsafe impl` declaration

extern crate pin_init as kernel;

use pin_init::{pin_data, PinnedDrop};
use std::marker::PhantomPinned;
use std::pin::Pin;

#[pin_data(PinnedDrop)]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

impl PinnedDrop for Own {
    fn drop(self: Pin<&mut Self>) {}
}

fn main() {}
