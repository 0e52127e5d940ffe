// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! ed25519-dalek = { version = "2", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use ed25519_dalek::Signer;

    let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
    format!("{:02x?}", &key.sign(b"abc").to_bytes()[..16])
}
