// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! serde_json = { version = "1", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let read: serde_json::Value =
        serde_json::from_str(r#"{"b": [1, 2.5, null], "a": "x"}"#).unwrap();
    read.to_string()
}
