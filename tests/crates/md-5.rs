// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! md-5 = { version = "0.10", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", <md5::Md5 as md5::Digest>::digest(b"abc"))
}
