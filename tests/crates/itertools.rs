// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! itertools = { version = "0.14", default-features = false, features = ["use_alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use itertools::Itertools;

    (1..4).permutations(2).map(|p| format!("{p:?}")).join(" ")
}
