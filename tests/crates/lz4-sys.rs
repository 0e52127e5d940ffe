// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! lz4-sys = { version = "1" }
//! ```
//!
//! note: C for programs: use lz4_flex
//! refused: lz4_flex

use crate::prelude::*;

pub(crate) fn answer() -> String {
    format!("{}", unsafe { lz4_sys::LZ4_compressBound(100) })
}
