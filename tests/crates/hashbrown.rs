// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! hashbrown = { version = "0.15", default-features = false, features = ["default-hasher"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let mut map = hashbrown::HashMap::new();
    for word in "a b a c b a".split(' ') {
        *map.entry(word).or_insert(0) += 1;
    }
    let mut all: Vec<_> = map.into_iter().collect();
    all.sort();
    format!("{all:?}")
}
