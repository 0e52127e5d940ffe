// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! crossbeam-queue = { version = "0.3", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let queue = crossbeam_queue::ArrayQueue::new(2);
    queue.push(1).unwrap();
    queue.push(2).unwrap();
    format!("{:?} {:?}", queue.push(3), queue.pop())
}
