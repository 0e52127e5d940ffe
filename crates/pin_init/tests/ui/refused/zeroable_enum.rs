// SPDX-License-Identifier: GPL-2.0

//! Zeroable is derived for an enum.
//! error: `Zeroable` is derived for structs and unions

extern crate pin_init as kernel;

use pin_init::Zeroable;

#[derive(Zeroable)]
enum Either {
    First,
}

fn main() {}
