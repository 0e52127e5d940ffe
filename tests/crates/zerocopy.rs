// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! zerocopy = { version = "0.8", default-features = false, features = ["derive"] }
//! ```

use crate::prelude::*;

#[derive(zerocopy::IntoBytes, zerocopy::Immutable)]
#[repr(C)]
struct Pair {
    a: u16,
    b: u16,
}

pub(crate) fn answer() -> String {
    use zerocopy::IntoBytes;

    format!("{:?}", Pair { a: 1, b: 2 }.as_bytes())
}
