// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! libm = { version = "0.2" }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:x}", libm::sin(1.0).to_bits())
}
