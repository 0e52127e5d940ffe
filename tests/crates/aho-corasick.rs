// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! aho-corasick = { version = "1", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let all = aho_corasick::AhoCorasick::new(["two", "one"]).unwrap();
    let found: Vec<_> = all
        .find_iter("one two")
        .map(|m| m.pattern().as_usize())
        .collect();
    format!("{found:?}")
}
