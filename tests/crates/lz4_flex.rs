// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! lz4_flex = { version = "0.11", default-features = false, features = ["safe-encode", "safe-decode"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    let packed = lz4_flex::compress_prepend_size(&[7; 1000]);
    format!(
        "{} {:?}",
        packed.len(),
        lz4_flex::decompress_size_prepended(&packed).map(|back| back == [7; 1000])
    )
}
