// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! bitflags = { version = "2", default-features = false }
//! ```

use crate::prelude::*;

bitflags::bitflags! {
#[derive(Debug)]
struct Flags: u8 { const A = 1; const B = 2; const C = 4; }
}

pub(crate) fn answer() -> String {
    format!("{:?}", Flags::A | Flags::C)
}
