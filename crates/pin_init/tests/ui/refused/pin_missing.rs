// SPDX-License-Identifier: GPL-2.0

//! A field without #[pin] is made by an initialiser that pins.
//! error: E0277
//! error: Init<Inner

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, PinInit};
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
    inner: Inner,
}

fn make() -> impl PinInit<Outer> {
    pin_init!(Outer { inner <- inner() })
}

fn main() {}
