// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! regex = { version = "1", default-features = false, features = ["unicode-perl"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let re = regex::Regex::new(r"(\d+)-(\w+)").unwrap();
    let found = re.captures("x 42-ab").unwrap();
    format!("{} {}", &found[1], &found[2])
}
