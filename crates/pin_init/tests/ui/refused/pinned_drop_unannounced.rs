// SPDX-License-Identifier: GPL-2.0

//! A PinnedDrop is there that nobody calls.
//! error: E0119
//! error: MustSayPinDataOfPinnedDrop

extern crate pin_init as kernel;

use pin_init::{pin_data, pinned_drop};
use std::marker::PhantomPinned;
use std::pin::Pin;

#[pin_data]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

#[pinned_drop]
impl PinnedDrop for Own {
    fn drop(self: Pin<&mut Self>) {}
}

fn main() {}
