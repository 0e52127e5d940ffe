// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! chacha20poly1305 = { version = "0.10", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use chacha20poly1305::{aead::Aead, ChaCha20Poly1305, KeyInit};

    let key = ChaCha20Poly1305::new(&[7u8; 32].into());
    format!(
        "{:02x?}",
        key.encrypt(&[1u8; 12].into(), b"hello".as_ref()).unwrap()
    )
}
