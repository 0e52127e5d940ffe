// SPDX-License-Identifier: GPL-2.0

//! What may stand where.

extern crate pin_init as kernel;

use pin_init::{pin_data, pin_init, pinned_drop, PinInit};
use std::marker::PhantomPinned;
use std::pin::Pin;

/// Documented.
#[pin_data(PinnedDrop)]
#[derive(Debug)]
pub(crate) struct Own<'a, T: Clone + 'a, const N: usize>
where
    T: Default,
{
    /// A list.
    pub(crate) list: [T; N],
    text: &'a str,
    #[pin]
    pinned: PhantomPinned,
}

#[pinned_drop]
impl<'a, T: Clone + 'a, const N: usize> PinnedDrop for Own<'a, T, N>
where
    T: Default,
{
    fn drop(self: Pin<&mut Self>) {}
}

pub(crate) fn make(text: &str) -> impl PinInit<Own<'_, u8, 2>> {
    pin_init!(Own {
        list: [1, 2],
        text,
        pinned: PhantomPinned
    })
}

fn main() {}
