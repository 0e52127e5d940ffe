// SPDX-License-Identifier: GPL-2.0

//! #[pin_data] is on a function.
//! error: `#[pin_data]` is for structs

extern crate pin_init as kernel;

use pin_init::pin_data;

#[pin_data]
fn function() {}

fn main() {}
