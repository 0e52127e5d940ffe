// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! ring = { version = "0.17", default-features = false }
//! ```
//!
//! note: C and assembly for programs: use sha2, aes-gcm, …
//! refused: RustCrypto

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:?}", ring::digest::digest(&ring::digest::SHA256, b"abc"))
}
