// SPDX-License-Identifier: GPL-2.0

//! A field that must be pinned is made by init!, which allows moves.
//! error: E0277
//! error: Init<Inner>` is not satisfied

extern crate pin_init as kernel;

use pin_init::{init, pin_data, pin_init, Init, PinInit};
use std::marker::PhantomPinned;

#[pin_data]
struct Inner {
    #[pin]
    pinned: PhantomPinned,
}

fn inner() -> impl PinInit<Inner> {
    pin_init!(Inner {
        pinned: PhantomPinned
    })
}

#[pin_data]
struct Outer {
    #[pin]
    inner: Inner,
}

fn make() -> impl Init<Outer> {
    init!(Outer { inner <- inner() })
}

fn main() {}
