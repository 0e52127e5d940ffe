// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! rand = { version = "0.9", default-features = false, features = ["small_rng"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use rand::{Rng, SeedableRng};

    format!(
        "{:x}",
        rand::rngs::SmallRng::seed_from_u64(7).random::<u64>()
    )
}
