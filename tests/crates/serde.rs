// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! serde = { version = "1", default-features = false, features = ["derive", "alloc"] }
//! postcard = { version = "1", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

#[derive(serde::Serialize, serde::Deserialize, Debug)]
struct Point {
    x: u32,
    name: String,
}

pub(crate) fn answer() -> String {
    let sent = Point {
        x: 300,
        name: "ü".into(),
    };
    let bytes = postcard::to_allocvec(&sent).unwrap();
    let back: Point = postcard::from_bytes(&bytes).unwrap();
    format!("{bytes:02x?} {back:?}")
}
