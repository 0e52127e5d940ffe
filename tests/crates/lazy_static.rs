// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! lazy_static = { version = "1", default-features = false, features = ["spin_no_std"] }
//! ```

use crate::prelude::*;

lazy_static::lazy_static! { static ref WORD: String = String::from("once"); }

pub(crate) fn answer() -> String {
    format!("{}", *WORD)
}
