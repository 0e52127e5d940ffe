// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! byteorder = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use byteorder::{BigEndian, ByteOrder};

    format!("{:x}", BigEndian::read_u32(&[1, 2, 3, 4]))
}
