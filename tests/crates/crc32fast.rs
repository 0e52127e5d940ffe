// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! crc32fast = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", crc32fast::hash(b"123456789"))
}
