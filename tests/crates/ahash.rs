// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! ahash = { version = "0.8", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!(
        "{:x}",
        ahash::RandomState::with_seeds(1, 2, 3, 4).hash_one(5u32)
    )
}
