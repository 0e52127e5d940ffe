// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! chrono = { version = "0.4", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    chrono::DateTime::from_timestamp(1_000_000_000, 0)
        .unwrap()
        .to_string()
}
