// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! rand_chacha = { version = "0.9", default-features = false }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    format!("{:x}", rand_chacha::ChaCha8Rng::seed_from_u64(7).next_u64())
}
