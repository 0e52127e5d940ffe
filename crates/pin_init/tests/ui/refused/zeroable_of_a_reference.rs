// SPDX-License-Identifier: GPL-2.0

//! A reference is never all zeroes.
//! error: E0277
//! error: u32: Zeroable` is not satisfied

extern crate pin_init as kernel;

use pin_init::Zeroable;

#[derive(Zeroable)]
struct Own<'a> {
    first: &'a u32,
}

fn main() {}
