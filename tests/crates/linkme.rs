// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! linkme = { version = "0.3" }
//! ```
//!
//! note: gathers by a program's linker
//! refused: as linkme does

use crate::prelude::*;

#[linkme::distributed_slice]
static ALL: [u32];
#[linkme::distributed_slice(ALL)]
static ONE: u32 = 1;

pub(crate) fn answer() -> String {
    format!("{}", ALL.len())
}
