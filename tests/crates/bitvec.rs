// SPDX-License-Identifier: GPL-2.0

//! ```toml
//! bitvec = { version = "1", default-features = false, features = ["alloc"] }
//! ```

use crate::prelude::*;

pub(crate) fn answer() -> String {
    use bitvec::prelude::*;

    let mut bits = bitvec![u8, Msb0; 0, 1, 1];
    bits.push(true);
    format!("{bits} {}", bits.count_ones())
}
