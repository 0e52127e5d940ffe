// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! blake3 = { version = "1", default-features = false, features = ["pure"] }
//! ```
//!
//! note: with its feature `pure`

use crate::prelude::*;

pub(crate) fn answer() -> String {
    blake3::hash(b"abc").to_hex().to_string()
}
