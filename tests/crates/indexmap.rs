// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! indexmap = { version = "2", default-features = false }
//! fnv = { version = "1", default-features = false }
//! ```

use crate::prelude::*;
use fnv::FnvHasher as Fnv;

pub(crate) fn answer() -> String {
    let mut map = indexmap::IndexMap::<_, _, core::hash::BuildHasherDefault<Fnv>>::default();
    map.insert("z", 1);
    map.insert("a", 2);
    format!("{map:?}")
}
