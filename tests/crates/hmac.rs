// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! hmac = { version = "0.12", default-features = false }
//! sha2 = { version = "0.10", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use hmac::Mac;

    let mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"key").unwrap();
    format!("{:x}", mac.chain_update(b"data").finalize().into_bytes())
}
