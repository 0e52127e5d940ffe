// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! base64 = { version = "0.22", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use base64::Engine;

    base64::engine::general_purpose::STANDARD.encode(b"hello")
}
