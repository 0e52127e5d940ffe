// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! slab = { version = "0.4", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let mut slab = slab::Slab::new();
    let first = slab.insert('a');
    slab.insert('b');
    slab.remove(first);
    format!("{} {:?}", slab.insert('c'), slab)
}
