// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! sha2 = { version = "0.10", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", <sha2::Sha256 as sha2::Digest>::digest(b"abc"))
}
