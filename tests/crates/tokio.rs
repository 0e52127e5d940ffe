// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! tokio = { version = "1", default-features = false, features = ["sync"] }
//! ```
//!
//! note: made of a program's threads
//! refused: no standard library

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{:?}", tokio::sync::Notify::new())
}
