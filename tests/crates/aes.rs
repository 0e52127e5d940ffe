// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! aes = { version = "0.8", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use aes::cipher::{BlockEncrypt, KeyInit};

    let mut block = [1u8; 16].into();
    aes::Aes128::new(&[7u8; 16].into()).encrypt_block(&mut block);
    format!("{block:02x?}")
}
