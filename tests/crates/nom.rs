// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! nom = { version = "7", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let read: nom::IResult<&str, &str> = nom::character::complete::digit1("12ab");
    format!("{read:?}")
}
