// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! smallvec = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let some: smallvec::SmallVec<[u8; 2]> = (1..6).collect();
    format!("{some:?} {}", some.spilled())
}
