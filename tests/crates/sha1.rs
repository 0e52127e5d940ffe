// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! sha1 = { version = "0.10", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", <sha1::Sha1 as sha1::Digest>::digest(b"abc"))
}
