// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! heapless = { version = "0.8", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let mut heap = heapless::BinaryHeap::<i32, heapless::binary_heap::Min, 8>::new();
    for n in [3, 1, 2] {
        heap.push(n).unwrap();
    }
    format!("{:?}", heap.pop())
}
