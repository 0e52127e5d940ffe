// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! thiserror = { version = "2", default-features = false }
//! ```

use crate::prelude::*;

#[derive(thiserror::Error, Debug)]
enum Failure {
    #[error("number {0}")]
    Number(u8),
}

pub(crate) fn answer() -> String {
    Failure::Number(7).to_string()
}
