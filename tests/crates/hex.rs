// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! hex = { version = "0.4", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{} {:?}", hex::encode(b"hi"), hex::decode("6869"))
}
