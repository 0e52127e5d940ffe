// SPDX-License-Identifier: GPL-2.0

//! #[pinned_drop] is on no implementation.
//! error: `#[pinned_drop]` is for an impl

extern crate pin_init as kernel;

use pin_init::pinned_drop;

#[pinned_drop]
struct Own;

fn main() {}
