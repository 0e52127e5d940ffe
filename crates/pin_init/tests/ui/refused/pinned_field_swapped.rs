// SPDX-License-Identifier: GPL-2.0

//! A pinned field is swapped through its projection.
//! error: E0596
//! error: `Pin<&mut Deep>`

extern crate pin_init as kernel;

use pin_init::pin_data;
use std::marker::PhantomPinned;

#[pin_data]
struct Own {
    #[pin]
    pinned: Deep,
}

struct Deep(PhantomPinned);

fn swap(mut one: std::pin::Pin<&mut Own>, mut other: std::pin::Pin<&mut Own>) {
    std::mem::swap(
        &mut *one.as_mut().project().pinned,
        &mut *other.as_mut().project().pinned,
    );
}

fn main() {}
