// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! memchr = { version = "2", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:?}", memchr::memmem::find(b"a needle here", b"needle"))
}
