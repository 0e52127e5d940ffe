// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! once_cell = { version = "1", default-features = false, features = ["alloc", "race"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    static CELL: once_cell::race::OnceBox<u8> = once_cell::race::OnceBox::new();
    format!("{}", CELL.get_or_init(|| Box::new(7)))
}
