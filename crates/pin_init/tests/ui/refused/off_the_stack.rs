// SPDX-License-Identifier: GPL-2.0

//! What is pinned on a stack leaves its function.
//! error: E0515
//! error: cannot return

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, stack_pin_init};
use std::marker::PhantomPinned;

#[pin_data]
struct Two {
    first: u32,
    #[pin]
    second: PhantomPinned,
}

fn make() -> std::pin::Pin<&'static mut Two> {
    stack_pin_init!(let two = pin_init!(Two { first: 1, second: PhantomPinned }));
    two
}

fn main() {}
