// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! xxhash-rust = { version = "0.8", default-features = false, features = ["xxh3"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", xxhash_rust::xxh3::xxh3_64(b"abc"))
}
