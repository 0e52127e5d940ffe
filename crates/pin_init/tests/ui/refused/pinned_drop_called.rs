// SPDX-License-Identifier: GPL-2.0

//! A destructor is called by hand.
//! error: E0061
//! error: OnlyCallFromDrop

extern crate pin_init as kernel;

use pin_init::{pin_data, pinned_drop, PinnedDrop};
use std::marker::PhantomPinned;
use std::pin::Pin;

#[pin_data(PinnedDrop)]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

#[pinned_drop]
impl PinnedDrop for Own {
    fn drop(self: Pin<&mut Self>) {}
}

fn twice(own: Pin<&mut Own>) {
    PinnedDrop::drop(own);
}

fn main() {}
