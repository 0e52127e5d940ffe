// SPDX-License-Identifier: GPL-2.0

//! #[pinned_drop] is on something else.
//! error: `#[pinned_drop]` is for an impl of `PinnedDrop`

extern crate pin_init as kernel;

use pin_init::pinned_drop;

struct Own;

#[pinned_drop]
impl Drop for Own {
    fn drop(&mut self) {}
}

fn main() {}
