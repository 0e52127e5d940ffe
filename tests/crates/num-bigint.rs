// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! num-bigint = { version = "0.4", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    (1u32..31)
        .fold(num_bigint::BigUint::from(1u32), |a, n| a * n)
        .to_string()
}
