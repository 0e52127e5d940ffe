// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! anyhow = { version = "1", default-features = false }
//! ```

use crate::prelude::*;
use anyhow::Context;

pub(crate) fn answer() -> String {
    let failed: anyhow::Result<()> = Err(anyhow::anyhow!("inner")).context("outer");
    format!("{:#}", failed.unwrap_err())
}
