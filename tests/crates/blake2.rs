// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! blake2 = { version = "0.10", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!(
        "{:x}",
        <blake2::Blake2s256 as blake2::Digest>::digest(b"abc")
    )
}
