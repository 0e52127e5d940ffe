// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! crc = { version = "3", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!(
        "{:x}",
        crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(b"123456789")
    )
}
