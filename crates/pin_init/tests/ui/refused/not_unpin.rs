// SPDX-License-Identifier: GPL-2.0

//! What is pinned is moved away by safe code.
//! error: E0277
//! error: `PhantomPinned` cannot be unpinned

extern crate pin_init as kernel;

use pin_init::pin_data;
use std::marker::PhantomPinned;

#[pin_data]
struct Own {
    #[pin]
    pinned: PhantomPinned,
}

fn take(own: std::pin::Pin<Box<Own>>) -> Own {
    *std::pin::Pin::into_inner(own)
}

fn main() {}
