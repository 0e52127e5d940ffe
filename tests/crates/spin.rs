// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! spin = { version = "0.9", default-features = false, features = ["mutex", "spin_mutex"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{}", *spin::Mutex::<u8>::new(7).lock())
}
